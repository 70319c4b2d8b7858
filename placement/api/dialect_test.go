package api_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestBodiesAreJSON(t *testing.T) {
	c := start(t)
	for _, x := range []struct {
		kind   string
		status int
		text   string
	}{
		{"text/plain", 415, "The media type text/plain is not supported, use application/json"},
		{"", 415, "The media type None is not supported"},
		{"application/json; charset=utf-8", 400, "Malformed JSON: "},
	} {
		r, err := http.NewRequestWithContext(t.Context(), "POST", c.url+"/resource_providers", strings.NewReader("name"))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Auth-Token", "admin")
		if x.kind != "" {
			r.Header.Set("Content-Type", x.kind)
		}
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(res.Body)
		if res.Body.Close(); err != nil || res.StatusCode != x.status || !strings.Contains(string(b), x.text) {
			t.Errorf("%q: %d %s, %v; want %d %s", x.kind, res.StatusCode, b, err, x.status, x.text)
		}
	}
}
