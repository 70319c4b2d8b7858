package api

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"slices"

	"cumulet/keystone/auth"
	"cumulet/keystone/identity"
	"cumulet/oslo/rest"
)

// A web server before keystone may sign users in: by Kerberos, by certificates, by what else it knows. Upstream runs within that server,
// and reads REMOTE_USER and REMOTE_DOMAIN of its environment; here these are headers, which count only beside the secret that the
// server and keystone share.
const (
	remoteUser   = "X-Remote-User"
	remoteDomain = "X-Remote-Domain"
	remoteSecret = "X-Remote-Secret"
)

// proveExternally adds whom the web server has signed in, whose word counts whether or not the request names the method. Where it
// does not, and the word proves nothing, the methods named go on without it. As keystone/api/_shared/authentication.py,
// authenticate.
func (a *API) proveExternally(c *rest.Call, r *auth.Request) {
	r.Credentials.External = a.signedInBefore(c.Request.Header)
	if r.Credentials.External != nil && slices.Contains(a.Config.AuthMethods, "external") && !slices.Contains(r.Methods, "external") {
		r.Volunteered = len(r.Methods) > 0
		r.Methods = append([]string{"external"}, r.Methods...)
	}
}

// signedInBefore is whom the web server has signed in; nil where it has not, or was not asked.
func (a *API) signedInBefore(h http.Header) *identity.Login {
	said, known := sha256.Sum256([]byte(h.Get(remoteSecret))), sha256.Sum256([]byte(a.ExternalSecret))
	if a.ExternalSecret == "" || subtle.ConstantTimeCompare(said[:], known[:]) == 0 {
		return nil
	}
	for _, name := range []string{remoteUser, remoteDomain, remoteSecret} {
		if len(h.Values(name)) > 1 { // the server adds to what a client says, in the place of replacing it
			return nil
		}
	}
	l := identity.Login{UserName: h.Get(remoteUser), DomainName: a.Config.External.Domain}
	if l.DomainName == "" {
		l.DomainName = h.Get(remoteDomain)
	}
	if l.UserName == "" || l.DomainName == "" {
		return nil
	}
	return &l
}
