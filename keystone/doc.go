// Package keystone is the identity service: who there is (users, groups), what there is to work in (domains, projects, the
// system), who may act as what there (roles, assignments), where the other services are (the catalog), and the tokens
// that say so. This package holds its nouns and faults; they know neither HTTP nor SQL.
//
// # Parts
//
//	keystone              nouns: one file each, the same name on every floor
//	keystone/db           rows and migrations
//	keystone/drivers/sql  users, groups and passwords in the database
//	keystone/drivers/ldap the same in a company's directory, read only; a domain of its own says where that is
//	keystone/identity     users and groups                                        ┐
//	keystone/resource     domains, projects, tags                                 │
//	keystone/assignment   roles and who has them                                  │ rules: each reads as an operator would say it
//	keystone/catalog      regions, services, endpoints, which project sees which, policies
//	keystone/credential   secrets sealed at rest                                  │
//	keystone/applicationcredential, trust, oauth   what a user hands on           │
//	keystone/limit        registered limits and limits                            │
//	keystone/federation   who others vouch for: oidc and saml ask them, mapping reads what they say
//	keystone/auth         methods, scopes, tokens issued, confirmed and revoked   │
//	keystone/kept         lists as they were rendered, until something changes    ┘
//	keystone/token        the Fernet token, the signed one, and the keys they are made with
//	keystone/password     bcrypt in a bounded lane
//	keystone/api          routes, schemas, views, policy rules, the dialect
//	keystone/middleware   what the other services mount: a request's token becomes a caller
//	keystone/bootstrap    the first admin, roles and catalog
//	keystone/server       puts these together for wiring
//
// # A token's life
//
//	           password, token,             GET /v3/auth/tokens
//	           application credential              │
//	credentials ───────────► issued ─────► valid ──┴─► user, scope, roles and catalog as they are now
//	                                         │
//	                                         ├─ expires_at passed ──────────────► expired (a service may still ask, for a window)
//	                                         ├─ revoked, or its chain           ┐
//	                                         ├─ user: password, disabled, gone  ├► invalid, for good
//	                                         ├─ project or domain: disabled     │
//	                                         └─ no role left in its scope       ┘
//
// A token is not stored. It carries who, where, how and until when, encrypted; all else is looked up when it is
// confirmed, so that what was taken away is gone at once. What cannot be seen from the present state (a token given
// back, a password changed) is a Revocation.
//
// # What is not here
//
// Nothing here decides for another service what a role may do: that is each service's policy.
package keystone
