// Package ldap reads the users and groups of a company's directory by LDAP: OpenLDAP, Active Directory and others. It never writes
// there, as upstream's driver does not.
//
// # What a domain configures
//
// The options are those of upstream's section [ldap] (keystone/conf/ldap.py), given through /v3/domains/ID/config; see
// keystone.DomainOptions for names and defaults, and docs/howto/connect-ldap.md. Referrals are not followed: a directory that spans
// several servers is asked at one that has it whole, as Active Directory's global catalog.
//
// # Who is trusted
//
// A directory is a program elsewhere that may be slow, gone or wrong. Each connection, question and answer has an end; so many
// questions may be under way at once as the pool has connections; a server that could not be reached is not tried again for a
// moment; and an answer that grows beyond reason is cut off with a fault. A member of a group counts only where the very entry that
// the group names is a user's, and not another one whose id reads alike.
//
// Whatever comes from a request is a value in a filter, escaped, never a part of one. An empty password is refused here, since
// directories take it for a question without a name and say yes.
package ldap
