// Package messagingtest holds every transport to what oslo/messaging promises.
package messagingtest
