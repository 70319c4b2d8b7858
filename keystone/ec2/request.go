package ec2

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/url"
	"slices"
	"strings"

	"cumulet/keystone"
)

// TimeFormat is how version 4 writes when a request was signed.
const TimeFormat = "20060102T150405Z"

const algorithm = "AWS4-HMAC-SHA256"

// Request is what was signed, as the service that received it tells it.
type Request struct {
	Host     string            `json:"host"`
	Verb     string            `json:"verb"`
	Path     string            `json:"path"`
	Params   map[string]any    `json:"params"` // of the query, or of a form
	Headers  map[string]string `json:"headers"`
	BodyHash string            `json:"body_hash"` // SHA-256 of the body, in hex
}

// Check is nil when the signature is the request's by the secret; else a fault of kind unauthorized.
func (r Request) Check(secret, signature string) error {
	made, err := r.sign(secret)
	if err != nil {
		return refused(err)
	}
	if same(made, signature) {
		return nil
	}
	if host, _, err := net.SplitHostPort(r.Host); err == nil { // some clients sign without the port
		r.Host = host
		if made, err := r.sign(secret); err == nil && same(made, signature) {
			return nil
		}
	}
	return refused(errors.New("the signature is another"))
}

// Time is when the request was signed, as it says; "" where it does not.
func (r Request) Time() string {
	for _, given := range []string{r.param("Timestamp"), r.Headers["X-Amz-Date"], r.param("X-Amz-Date")} {
		if given != "" {
			return given
		}
	}
	return ""
}

func (r Request) param(name string) string {
	v, given := r.Params[name]
	if !given || v == nil {
		return ""
	}
	return fmt.Sprint(v)
}

func (r Request) sign(secret string) (string, error) {
	switch version := r.param("SignatureVersion"); {
	case version == "2":
		return r.signV2(secret), nil
	case version != "":
		return "", fmt.Errorf("signature version %q is not taken", version)
	case strings.HasPrefix(r.Headers["Authorization"], algorithm), r.param("X-Amz-Algorithm") == algorithm:
		return r.signV4(secret)
	}
	return "", errors.New("no known form of signature")
}

func (r Request) signV2(secret string) string {
	params := maps.Clone(r.Params)
	params["SignatureMethod"] = "HmacSHA256"
	text := strings.Join([]string{r.Verb, r.Host, r.Path, canonicalQuery(params)}, "\n")
	return base64.StdEncoding.EncodeToString(mac([]byte(secret), text))
}

func (r Request) signV4(secret string) (string, error) {
	credential := strings.Split(r.authParam("Credential"), "/") // key, date, region, service, "aws4_request"
	date := r.Headers["X-Amz-Date"]
	if date == "" {
		date = r.param("X-Amz-Date")
	}
	if len(credential) != 5 || credential[1] == "" || !strings.HasPrefix(date, credential[1]) {
		return "", errors.New("the date of the request is not that of the credential's scope")
	}
	query := ""
	if !strings.EqualFold(r.Verb, "POST") { // whose parameters are its body
		query = canonicalQuery(r.Params)
	}
	signed := r.authParam("SignedHeaders")
	request := strings.Join([]string{strings.ToUpper(r.Verb), r.Path, query, r.canonicalHeaders(signed), signed, r.BodyHash}, "\n")
	sum := sha256.Sum256([]byte(request))
	text := strings.Join([]string{algorithm, date, strings.Join(credential[1:], "/"), hex.EncodeToString(sum[:])}, "\n")
	return hex.EncodeToString(mac(derived(secret, credential[1], credential[2], credential[3]), text)), nil
}

// authParam is a part of the Authorization header, or of the query in its place.
func (r Request) authParam(name string) string {
	header, given := r.Headers["Authorization"]
	if !given {
		return r.param("X-Amz-" + name)
	}
	_, rest, _ := strings.Cut(header, name+"=")
	value, _, _ := strings.Cut(rest, ",")
	return value
}

func (r Request) canonicalHeaders(signed string) string {
	lower := map[string]string{}
	for name, value := range r.Headers {
		lower[strings.ToLower(strings.TrimSpace(name))] = strings.TrimSpace(value)
	}
	var lines strings.Builder
	for _, name := range strings.Split(signed, ";") {
		if value, given := lower[name]; given {
			lines.WriteString(name + ":" + value + "\n")
		}
	}
	return lines.String()
}

// canonicalQuery sorts parameters and escapes all but what RFC 3986 leaves alone.
func canonicalQuery(params map[string]any) string {
	pairs := make([]string, 0, len(params))
	for _, name := range slices.Sorted(maps.Keys(params)) {
		pairs = append(pairs, escape(name)+"="+escape(fmt.Sprint(params[name])))
	}
	return strings.Join(pairs, "&")
}

func escape(text string) string {
	return strings.ReplaceAll(url.QueryEscape(text), "+", "%20")
}

// derived is the key for a day, a region and a service.
func derived(secret, date, region, service string) []byte {
	key := []byte("AWS4" + secret)
	for _, part := range []string{date, region, service, "aws4_request"} {
		key = mac(key, part)
	}
	return key
}

func mac(key []byte, text string) []byte {
	m := hmac.New(sha256.New, key)
	m.Write([]byte(text))
	return m.Sum(nil)
}

func same(a, b string) bool { return hmac.Equal([]byte(a), []byte(b)) }

func refused(why error) error { return keystone.Unauthorized(why) }
