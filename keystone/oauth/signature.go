package oauth

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // RFC 5849's, and an HMAC needs no more
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"hash"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"cumulet/keystone"
)

// Request is a request that a consumer signed, by RFC 5849.
type Request struct {
	Method string
	// URL is what was signed, as the client reached it: without the query, which Query has.
	URL   string
	Query url.Values
	// Params are the header's, without its realm.
	Params map[string]string
}

// Param is one of the header's: "oauth_token".
func (r Request) Param(name string) string { return r.Params[name] }

// lifetime is how far the time of a signature may be from ours; as oauthlib's timestamp_lifetime.
const lifetime = 600 * time.Second

// digests are the signature methods that are taken. Plain text, and keys that consumers do not have here, are not.
var digests = map[string]func() hash.Hash{"HMAC-SHA1": sha1.New, "HMAC-SHA256": sha256.New, "HMAC-SHA512": sha512.New}

// ParseHeader reads an Authorization header: `OAuth realm="", oauth_token="…"`.
func ParseHeader(header string) (map[string]string, bool) {
	scheme, rest, found := strings.Cut(strings.TrimSpace(header), " ")
	if !found || !strings.EqualFold(scheme, "OAuth") {
		return nil, false
	}
	params := map[string]string{}
	for _, part := range strings.Split(rest, ",") {
		name, value, found := strings.Cut(strings.TrimSpace(part), "=")
		if !found || name == "realm" {
			continue
		}
		decoded, err := url.PathUnescape(strings.Trim(value, `"`))
		if _, twice := params[name]; err != nil || twice {
			return nil, false
		}
		params[name] = decoded
	}
	return params, true
}

// Check is nil when the request is signed with the secrets of its consumer and of its token ("" where there is none yet), of late.
func (r Request) Check(consumerSecret, tokenSecret string, now time.Time) error {
	digest, known := digests[r.Params["oauth_signature_method"]]
	if !known {
		return keystone.Unauthorized(errors.New("no signature method that is taken"))
	}
	seconds, err := strconv.ParseInt(r.Params["oauth_timestamp"], 10, 64)
	if err != nil || now.Sub(time.Unix(seconds, 0)).Abs() > lifetime || r.Params["oauth_nonce"] == "" {
		return keystone.Unauthorized(errors.New("not signed of late, or without a nonce"))
	}
	mac := hmac.New(digest, []byte(escape(consumerSecret)+"&"+escape(tokenSecret)))
	mac.Write([]byte(r.base()))
	if !hmac.Equal([]byte(base64.StdEncoding.EncodeToString(mac.Sum(nil))), []byte(r.Params["oauth_signature"])) {
		return keystone.Unauthorized(errors.New("the signature is another"))
	}
	return nil
}

// base is the text that is signed; section 3.4.1.
func (r Request) base() string {
	var pairs []string
	for name, value := range r.Params {
		if name != "oauth_signature" {
			pairs = append(pairs, escape(name)+"="+escape(value))
		}
	}
	for name, values := range r.Query {
		for _, value := range values {
			pairs = append(pairs, escape(name)+"="+escape(value))
		}
	}
	slices.Sort(pairs)
	return strings.ToUpper(r.Method) + "&" + escape(baseURL(r.URL)) + "&" + escape(strings.Join(pairs, "&"))
}

// baseURL is an address in its usual form: lower case, without the port that its scheme has anyway.
func baseURL(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	host := strings.ToLower(u.Host)
	scheme := strings.ToLower(u.Scheme)
	if port := map[string]string{"http": ":80", "https": ":443"}[scheme]; port != "" {
		host = strings.TrimSuffix(host, port)
	}
	return scheme + "://" + host + u.EscapedPath()
}

// escape escapes all but what RFC 3986 leaves alone.
func escape(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "+", "%20") }
