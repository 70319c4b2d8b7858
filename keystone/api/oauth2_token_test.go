package api_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// TestClientCredentials: a client of OAuth 2.0, an application credential, gets a token.
func TestClientCredentials(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	adminID := word(c.must(200, "GET", "/v3/users?name=admin", nil), "users", 0, "id")
	client := c.must(201, "POST", "/v3/users/"+adminID+"/application_credentials", object{"application_credential": object{"name": "n"}})
	id, secret := word(client, "application_credential", "id"), word(client, "application_credential", "secret")
	for claim, x := range map[string]struct {
		method, id, secret, form string
		status                   int
		refusal                  string
	}{
		"right":             {"POST", id, secret, "grant_type=client_credentials", 200, ""},
		"by nobody":         {"POST", "", "", "grant_type=client_credentials", 401, "invalid_client"},
		"without a secret":  {"POST", id, "", "grant_type=client_credentials", 401, "invalid_client"},
		"another secret":    {"POST", id, "x", "grant_type=client_credentials", 401, "invalid_client"},
		"an unknown client": {"POST", "none", "x", "grant_type=client_credentials", 401, "invalid_client"},
		"no form":           {"POST", id, secret, "", 400, "invalid_request"},
		"no form at all":    {"POST", id, secret, "grant_type=%zz", 400, "invalid_request"},
		"another grant":     {"POST", id, secret, "grant_type=password", 400, "unsupported_grant_type"},
		"asked for":         {"GET", id, secret, "", 405, "other_error"},
		"deleted":           {"DELETE", id, secret, "", 405, "other_error"},
	} {
		r, err := http.NewRequestWithContext(t.Context(), x.method, c.url+"/v3/OS-OAUTH2/token", strings.NewReader(x.form))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if x.id != "" {
			r.SetBasicAuth(x.id, x.secret)
		}
		a, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		var got map[string]any
		err = json.NewDecoder(a.Body).Decode(&got)
		if _ = a.Body.Close(); err != nil || a.StatusCode != x.status || x.refusal != "" && (got["error"] != x.refusal || got["error_description"] == nil) {
			t.Errorf("%s: %d %v %v", claim, a.StatusCode, got, err)
		}
		if said := a.Header.Get("WWW-Authenticate") != ""; said != (x.status == 401) {
			t.Errorf("%s: WWW-Authenticate %q", claim, a.Header.Get("WWW-Authenticate"))
		}
		if token, _ := got["access_token"].(string); x.refusal == "" && (got["token_type"] != "Bearer" || got["expires_in"] != 3600.0 || c.valid(token) != 200) {
			t.Errorf("%s: %v", claim, got)
		}
	}
}
