// Package oidc has OpenID Connect providers vouch for users: of a browser, by the authorization code flow with PKCE; of a client that
// brings an access token, by the token's signature and audience, or by asking the provider where it is no JSON Web Token.
package oidc
