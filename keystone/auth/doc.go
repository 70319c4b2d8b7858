// Package auth turns credentials into tokens and tokens back into who someone is, where, and with which roles. Each method
// proves a user; the proofs of one request must agree; a scope is then entered with the roles the user has there. It
// answers every failure with the same fault: the reason is for the log.
package auth
