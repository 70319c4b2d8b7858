// Package middleware is what each service mounts before its API: it has a request's token confirmed by keystone and says
// who the caller is, as upstream's keystonemiddleware does. It works against any keystone; which one, and by which
// http.Client (a socket, or a handler of the same process), is said by its fields.
//
// A service may take requests that are signed with an EC2 credential instead, by Amazon's compute or object store clients: keystone is
// given what was signed. It may let through whom nobody is known to be (delayed decision). Before makes a plain HTTP handler of it, for
// services that are not ours.
//
// What keystone confirmed is remembered for a short while, by a hash of the token, and never beyond the token's end. Requests
// that ask for the same token at once share one question. Keystone away is a fault of kind unavailable, not a refusal.
package middleware
