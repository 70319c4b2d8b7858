// Package saml has SAML 2.0 identity providers vouch for users of a browser: it is sent there with a request, and comes back with an
// assertion that the provider has signed. Signatures, conditions and the ways to wrap one in another are the library's to judge
// (github.com/crewjam/saml); that the assertion answers this browser's request is ours.
package saml
