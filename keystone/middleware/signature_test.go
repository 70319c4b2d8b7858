package middleware_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"cumulet/keystone/middleware"
	"cumulet/keystone/middleware/upstreamtest"
	"cumulet/oslo/policy"
)

// place is a keystone and whom it may be asked as.
type place struct {
	url, user, password, project string
	now                          func() time.Time
	admin                        string // the admin's password
}

// TestAnyKeystoneConfirms asks our keystone and OpenStack's.
func TestAnyKeystoneConfirms(t *testing.T) {
	t.Parallel()
	each := func(t *testing.T, p place) {
		t.Run("tokens", func(t *testing.T) { confirmsTokens(t, p) })
		t.Run("signatures", func(t *testing.T) { confirmsSignatures(t, p) })
	}
	t.Run("ours", func(t *testing.T) {
		h := newHouse(t)
		each(t, place{h.web.URL, "nova", "n", "service", h.Now, "a"})
	})
	t.Run("OpenStack's", func(t *testing.T) {
		each(t, place{upstreamtest.Start(t), "admin", upstreamtest.Password, "admin", time.Now, upstreamtest.Password})
	})
}

func (p place) keystone() *middleware.Keystone {
	return &middleware.Keystone{URL: p.url, Client: http.DefaultClient, User: p.user, Password: p.password, Project: p.project, Now: p.now, Memory: time.Nanosecond}
}

// ask asks keystone itself.
func (p place) ask(t *testing.T, method, path, token string, body any) (http.Header, map[string]any) {
	t.Helper()
	var text []byte
	if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			t.Fatal(err)
		}
	}
	r, err := http.NewRequestWithContext(t.Context(), method, p.url+path, bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Auth-Token", token)
	if method == http.MethodDelete && path == "/v3/auth/tokens" {
		r.Header.Set("X-Subject-Token", token)
	}
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	got, err := io.ReadAll(a.Body)
	if err != nil {
		t.Fatal(err)
	}
	var answer map[string]any
	if a.StatusCode/100 != 2 || len(got) > 0 && json.Unmarshal(got, &answer) != nil {
		t.Fatalf("%s %s: %s %s", method, path, a.Status, got)
	}
	return a.Header, answer
}

func (p place) signIn(t *testing.T) (token string, user, project string) {
	t.Helper()
	domain := map[string]any{"id": "default"}
	header, body := p.ask(t, "POST", "/v3/auth/tokens", "", map[string]any{"auth": map[string]any{
		"identity": map[string]any{"methods": []string{"password"}, "password": map[string]any{"user": map[string]any{"name": "admin", "password": p.admin, "domain": domain}}},
		"scope":    map[string]any{"project": map[string]any{"name": "admin", "domain": domain}},
	}})
	in := body["token"].(map[string]any)
	return header.Get("X-Subject-Token"), in["user"].(map[string]any)["id"].(string), in["project"].(map[string]any)["id"].(string)
}

// toy is a service of somebody else's behind the middleware, which says who asks.
func toy(t *testing.T, m *middleware.Middleware) string {
	t.Helper()
	web := httptest.NewServer(m.Before(func(w http.ResponseWriter, r *http.Request, who policy.Who) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		fmt.Fprintf(w, "%s in %s, %d bytes", who.UserName, who.ProjectName, len(body))
	}))
	t.Cleanup(web.Close)
	return web.URL
}

func get(t *testing.T, r *http.Request) (int, string) {
	t.Helper()
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	text, err := io.ReadAll(a.Body)
	if err != nil {
		t.Fatal(err)
	}
	return a.StatusCode, string(text)
}

func request(t *testing.T, method, address, body string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func confirmsTokens(t *testing.T, p place) {
	t.Helper()
	address := toy(t, &middleware.Middleware{Keystone: p.keystone(), ServiceType: "toy"})
	token, _, _ := p.signIn(t)
	with := func(token string) *http.Request {
		r := request(t, "GET", address+"/x", "")
		r.Header.Set("X-Auth-Token", token)
		return r
	}
	if status, text := get(t, with(token)); status != 200 || text != "admin in admin, 0 bytes" {
		t.Errorf("%d %s", status, text)
	}
	for _, bad := range []string{"", "x", token[:len(token)-4]} {
		if status, text := get(t, with(bad)); status != 401 {
			t.Errorf("%q: %d %s", bad, status, text)
		}
	}
	p.ask(t, "DELETE", "/v3/auth/tokens", token, nil)
	if status, text := get(t, with(token)); status != 401 {
		t.Errorf("given back: %d %s", status, text)
	}
	delayed := toy(t, &middleware.Middleware{Keystone: p.keystone(), ServiceType: "toy", Delayed: true})
	if status, text := get(t, request(t, "GET", delayed, "")); status != 200 || text != " in , 0 bytes" {
		t.Errorf("%d %s", status, text)
	}
}

func TestKeystoneMayBeAway(t *testing.T) {
	t.Parallel()
	away := toy(t, &middleware.Middleware{Keystone: place{url: "http://127.0.0.1:1", now: time.Now}.keystone()})
	r := request(t, "GET", away, "")
	r.Header.Set("X-Auth-Token", "x")
	if status, text := get(t, r); status != 503 {
		t.Errorf("%d %s", status, text)
	}
}

func mac(kind func() hash.Hash, key []byte, text string) []byte {
	m := hmac.New(kind, key)
	m.Write([]byte(text))
	return m.Sum(nil)
}

func sum(text string) string {
	s := sha256.Sum256([]byte(text))
	return hex.EncodeToString(s[:])
}

// version4 signs a request for a service of Amazon's.
func version4(r *http.Request, access, secret, service, body string, at time.Time) {
	const signed = "host;x-amz-content-sha256;x-amz-date"
	date := at.UTC().Format("20060102T150405Z")
	r.Header.Set("X-Amz-Date", date)
	r.Header.Set("X-Amz-Content-Sha256", sum(body))
	canonical := strings.Join([]string{r.Method, r.URL.Path, strings.ReplaceAll(r.URL.Query().Encode(), "+", "%20"),
		"host:" + r.URL.Host + "\nx-amz-content-sha256:" + sum(body) + "\nx-amz-date:" + date + "\n", signed, sum(body)}, "\n")
	scope := date[:8] + "/RegionOne/" + service + "/aws4_request"
	text := strings.Join([]string{"AWS4-HMAC-SHA256", date, scope, sum(canonical)}, "\n")
	key := []byte("AWS4" + secret)
	for _, step := range []string{date[:8], "RegionOne", service, "aws4_request"} {
		key = mac(sha256.New, key, step)
	}
	r.Header.Set("Authorization", fmt.Sprintf("AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%x", access, scope, signed, mac(sha256.New, key, text)))
}

func confirmsSignatures(t *testing.T, p place) {
	t.Helper()
	token, user, project := p.signIn(t)
	_, made := p.ask(t, "POST", "/v3/users/"+user+"/credentials/OS-EC2", token, map[string]any{"tenant_id": project})
	credential := made["credential"].(map[string]any)
	access, secret := credential["access"].(string), credential["secret"].(string)
	compute := toy(t, &middleware.Middleware{Keystone: p.keystone(), Signatures: middleware.EC2})
	store := toy(t, &middleware.Middleware{Keystone: p.keystone(), Signatures: middleware.S3})
	now := p.now()
	version2 := func(address string) *http.Request {
		q := url.Values{"AWSAccessKeyId": {access}, "SignatureVersion": {"2"}, "SignatureMethod": {"HmacSHA256"}, "Timestamp": {now.UTC().Format("2006-01-02T15:04:05Z")}, "Action": {"Describe It"}}
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		text := strings.Join([]string{"GET", u.Host, "/", strings.ReplaceAll(q.Encode(), "+", "%20")}, "\n")
		q.Set("Signature", base64.StdEncoding.EncodeToString(mac(sha256.New, []byte(secret), text)))
		return request(t, "GET", address+"/?"+q.Encode(), "")
	}
	for name, sign := range map[string]func(secret string) *http.Request{
		"EC2, version 2": func(s string) *http.Request {
			was := secret
			secret = s
			defer func() { secret = was }()
			return version2(compute)
		},
		"EC2, version 4": func(s string) *http.Request {
			r := request(t, "GET", compute+"/path?b=2&a=1", "")
			version4(r, access, s, "ec2", "", now)
			return r
		},
		"S3, version 4": func(s string) *http.Request {
			r := request(t, "PUT", store+"/bucket/object?acl=", "content")
			version4(r, access, s, "s3", "content", now)
			return r
		},
		"S3, version 2": func(s string) *http.Request {
			r := request(t, "PUT", store+"/bucket/object?acl&x=y", "content")
			r.Header.Set("Date", now.UTC().Format(http.TimeFormat))
			r.Header.Set("Content-Type", "text/plain")
			r.Header.Set("X-Amz-Meta-A", "b")
			text := "PUT\n\ntext/plain\n" + r.Header.Get("Date") + "\nx-amz-meta-a:b\n/bucket/object?acl"
			r.Header.Set("Authorization", "AWS "+access+":"+base64.StdEncoding.EncodeToString(mac(sha1.New, []byte(s), text)))
			return r
		},
	} {
		if status, text := get(t, sign(secret)); status != 200 || !strings.HasPrefix(text, "admin in admin, ") {
			t.Errorf("%s: %d %s", name, status, text)
		}
		if status, text := get(t, sign("another secret")); status != 401 {
			t.Errorf("%s by another secret: %d %s", name, status, text)
		}
		r := sign(secret)
		r.URL.Path = "/elsewhere"
		if status, text := get(t, r); status != 401 {
			t.Errorf("%s of another request: %d %s", name, status, text)
		}
	}
	if status, text := get(t, request(t, "GET", compute, "")); status != 401 {
		t.Errorf("%d %s", status, text)
	}
}
