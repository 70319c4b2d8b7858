// Package oauth holds the rules of OAuth 1.0: the consumers, programs that may ask users to let them act. That users answer, and the
// tokens that come of it, are not here.
package oauth
