// Package oauth holds the rules of OAuth 1.0: a consumer, a program, asks to act in a project (a request token); a user says yes, for some
// of their roles, and tells it a verifier; with that it gets an access token, by which it signs in. What a consumer asks it signs, by
// RFC 5849, with secrets of its own and of the token.
package oauth
