// Package ldaptest starts a real slapd for a test, with Debian's schemas, an administrator, and attributes of accounts that no schema
// of its has: enabled, which is true or false, and userAccountControl, which is bits.
package ldaptest
