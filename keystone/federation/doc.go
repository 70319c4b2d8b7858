// Package federation holds the rules of users that others vouch for: identity providers, their protocols, mappings of what they say, and
// the service providers that take this cloud's word. How a provider is asked, and its answer known to be its own, is that of the packages
// below: oidc, saml.
package federation
