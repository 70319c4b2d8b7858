// Package identity holds the rules of users and groups: which domain they are in, who may sign in, who is in which group.
// Where they are kept is the driver's; what they may do is assignment's.
package identity
