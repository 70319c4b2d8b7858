// Package sql is the directory of users in keystone's own database: users, groups, and the passwords with the rules on
// them (lockout, history, expiry), which other directories have of their own. Each change is one transaction, with its
// event and what follows from it.
package sql
