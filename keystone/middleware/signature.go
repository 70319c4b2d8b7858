package middleware

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"cumulet/oslo/policy"
)

// Signatures are how requests of a service may be signed, where it takes them so besides by tokens.
type Signatures string

// EC2 is by Amazon's compute clients (versions 2 and 4), S3 by those of its object store.
const (
	NoSignatures Signatures = ""
	EC2          Signatures = "ec2"
	S3           Signatures = "s3"
)

// largestSigned bounds the body of a request that an EC2 client signed, which must be read to be confirmed.
const largestSigned = 1 << 20

const algorithm = "AWS4-HMAC-SHA256"

// signed has keystone confirm who has signed a request. As keystonemiddleware/ec2_token.py and s3_token.py.
func (m *Middleware) signed(ctx context.Context, r *http.Request) (policy.Who, error) {
	var path, member string
	var proof map[string]any
	var err error
	if m.Signatures == EC2 {
		path, member = "/v3/ec2tokens", "ec2Credentials"
		proof, err = ec2Proof(r)
	} else {
		path, member = "/v3/s3tokens", "credentials"
		proof, err = s3Proof(r)
	}
	if err != nil {
		return policy.Who{}, unauthorized(err)
	}
	t, text, err := m.Keystone.confirmSigned(ctx, path, map[string]any{member: proof})
	if err != nil {
		return policy.Who{}, err
	}
	if !t.allows(m.ServiceType, r) {
		return policy.Who{}, unauthorized(errors.New("no access rule of the application credential allows the request"))
	}
	return t.who(text), nil
}

// confirmSigned asks keystone about a signature; text is the token that it gives for one of EC2.
func (k *Keystone) confirmSigned(ctx context.Context, path string, proof any) (t *Token, text string, err error) {
	body, err := json.Marshal(proof)
	if err != nil {
		return nil, "", err
	}
	for try := 0; ; try++ {
		own, err := k.signIn(ctx, try > 0)
		if err != nil {
			return nil, "", err
		}
		status, header, answer, err := k.send(ctx, http.MethodPost, path, body, map[string]string{"X-Auth-Token": own})
		var in struct {
			Token Token `json:"token"`
		}
		switch {
		case err != nil:
			return nil, "", err
		case status == http.StatusOK && json.Unmarshal(answer, &in) == nil:
			return &in.Token, header.Get("X-Subject-Token"), nil
		case status == http.StatusUnauthorized && try == 0: // of whom, us or them, is not said
			continue
		case status >= 400 && status < 500:
			return nil, "", unauthorized(errors.New("keystone does not confirm the signature"))
		}
		return nil, "", away(fmt.Errorf("keystone answers %d to a signature", status))
	}
}

// isSigned tells whether a request has a signature in the place of a token.
func isSigned(r *http.Request) bool {
	kind, _, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	q := r.URL.Query()
	return kind == algorithm || kind == "AWS" || q.Has("AWSAccessKeyId") || q.Has("X-Amz-Algorithm") || isForm(r)
}

func isForm(r *http.Request) bool {
	return r.Method == http.MethodPost && strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded")
}

// ec2Proof is what keystone must know of a request that an EC2 client signed.
func ec2Proof(r *http.Request) (map[string]any, error) {
	body, err := readAgain(r)
	if err != nil {
		return nil, err
	}
	params := map[string]any{}
	given := r.URL.Query()
	if isForm(r) {
		form, err := url.ParseQuery(string(body))
		if err != nil {
			return nil, err
		}
		maps.Copy(given, form)
	}
	for name, values := range given {
		params[name] = values[0]
	}
	text := func(name string) string { s, _ := params[name].(string); return s }
	headers := map[string]string{"Host": r.Host}
	for name := range r.Header {
		headers[name] = r.Header.Get(name)
	}
	authorization := r.Header.Get("Authorization")
	access, signature := text("AWSAccessKeyId"), text("Signature")
	switch {
	case strings.HasPrefix(authorization, algorithm):
		scope := part(authorization, "Credential")
		access, _, _ = strings.Cut(scope, "/")
		signature = part(authorization, "Signature")
	case text("X-Amz-Credential") != "":
		access, _, _ = strings.Cut(text("X-Amz-Credential"), "/")
		signature = text("X-Amz-Signature")
	}
	if access == "" || signature == "" {
		return nil, errors.New("no signature in the request")
	}
	delete(params, "Signature")
	delete(params, "X-Amz-Signature")
	sum := sha256.Sum256(body)
	return map[string]any{
		"access": access, "signature": signature, "host": r.Host, "verb": r.Method, "path": r.URL.Path, "params": params, "headers": headers,
		"body_hash": hex.EncodeToString(sum[:]),
	}, nil
}

// readAgain reads a body, and leaves it to be read again.
func readAgain(r *http.Request) ([]byte, error) {
	if r.Body == nil {
		return nil, nil
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, largestSigned+1))
	if err != nil {
		return nil, err
	}
	if len(body) > largestSigned {
		return nil, fmt.Errorf("a signed request has more than %d bytes", largestSigned)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return body, nil
}

// part is a part of an Authorization header of version 4.
func part(header, name string) string {
	_, rest, _ := strings.Cut(header, name+"=")
	value, _, _ := strings.Cut(rest, ",")
	return strings.TrimSpace(value)
}

// s3Proof is what keystone must know of a request that an S3 client signed: the very text that was signed.
func s3Proof(r *http.Request) (map[string]any, error) {
	authorization := r.Header.Get("Authorization")
	var access, signature, text string
	if strings.HasPrefix(authorization, algorithm) {
		scope := part(authorization, "Credential")
		var rest string
		access, rest, _ = strings.Cut(scope, "/")
		signature = part(authorization, "Signature")
		text = s3Text4(r, rest, part(authorization, "SignedHeaders"))
	} else if pair, ok := strings.CutPrefix(authorization, "AWS "); ok {
		access, signature, _ = strings.Cut(pair, ":")
		text = s3Text2(r)
	}
	if access == "" || signature == "" {
		return nil, errors.New("no signature in the request")
	}
	return map[string]any{"access": access, "signature": signature, "token": base64.URLEncoding.EncodeToString([]byte(text))}, nil
}

// s3Text4 is what version 4 signs.
func s3Text4(r *http.Request, scope, signed string) string {
	var headers strings.Builder
	for name := range strings.SplitSeq(signed, ";") {
		value := strings.Join(r.Header.Values(name), ",")
		if name == "host" {
			value = r.Host
		}
		headers.WriteString(name + ":" + strings.Join(strings.Fields(value), " ") + "\n")
	}
	query := strings.ReplaceAll(r.URL.Query().Encode(), "+", "%20")
	request := strings.Join([]string{
		r.Method, r.URL.EscapedPath(), query, headers.String(), signed, r.Header.Get("X-Amz-Content-Sha256"),
	}, "\n")
	sum := sha256.Sum256([]byte(request))
	return strings.Join([]string{algorithm, r.Header.Get("X-Amz-Date"), scope, hex.EncodeToString(sum[:])}, "\n")
}

// subresources are the parts of a query that version 2 signs. As
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/RESTAuthentication.html.
var subresources = []string{
	"acl", "cors", "delete", "lifecycle", "location", "logging", "notification", "partNumber", "policy", "requestPayment", "response-cache-control",
	"response-content-disposition", "response-content-encoding", "response-content-language", "response-content-type", "response-expires",
	"restore", "tagging", "torrent", "uploadId", "uploads", "versionId", "versioning", "versions", "website",
}

// s3Text2 is what version 2 signs.
func s3Text2(r *http.Request) string {
	var amazon []string
	for name := range r.Header {
		if lower := strings.ToLower(name); strings.HasPrefix(lower, "x-amz-") {
			amazon = append(amazon, lower+":"+strings.Join(r.Header.Values(name), ",")+"\n")
		}
	}
	slices.Sort(amazon)
	date := r.Header.Get("Date")
	if r.Header.Get("X-Amz-Date") != "" {
		date = ""
	}
	var parts []string
	q := r.URL.Query()
	for _, name := range subresources {
		if q.Has(name) {
			if value := q.Get(name); value != "" {
				name += "=" + value
			}
			parts = append(parts, name)
		}
	}
	resource := r.URL.EscapedPath()
	if len(parts) > 0 {
		resource += "?" + strings.Join(parts, "&")
	}
	return strings.Join([]string{r.Method, r.Header.Get("Content-Md5"), r.Header.Get("Content-Type"), date, strings.Join(amazon, "") + resource}, "\n")
}
