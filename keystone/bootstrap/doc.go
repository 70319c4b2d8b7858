// Package bootstrap makes what a cloud needs before anybody can sign in: the default domain, the roles, the first admin,
// the users that services act as, and the catalog. All of it may run at each start: what is there stays as it is, but
// for passwords and addresses, which follow what is said.
package bootstrap
