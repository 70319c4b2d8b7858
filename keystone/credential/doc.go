// Package credential holds the rules of credentials: secrets of users, kept for other services or to sign requests by. They are
// sealed at rest by keys of their own, which rotate; ec2's id is made of its access key, so that who signs is found by it.
package credential
