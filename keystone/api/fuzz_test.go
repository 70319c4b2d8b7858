package api_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// FuzzAuthenticate holds that no body that strangers send is a failure, and that none but the right words get a token.
func FuzzAuthenticate(f *testing.F) {
	c := newCloud(f)
	for _, body := range []string{
		`{"auth":{"identity":{"methods":["password"],"password":{"user":{"name":"admin","domain":{"id":"default"},"password":"x"}}},"scope":{"project":{"name":"admin","domain":{"id":"default"}}}}}`,
		`{"auth":{"identity":{"methods":["token"],"token":{"id":"gAAAAA"}},"scope":"unscoped"}}`, `{"auth":{"identity":{"methods":["application_credential"],"application_credential":{"id":"x","secret":"y"}}}}`,
		`{"auth":{"identity":{"methods":["password","token","password"],"password":{"user":{"id":"\u0000","password":null}},"token":{"id":""}},"scope":{"system":{"all":true},"domain":{}}}}`,
		`{"auth":{"identity":{"methods":[]},"scope":{"OS-TRUST:trust":{"id":"x"}}}}`, `{"auth":{"identity":{"methods":["external"]}}}`, `{"auth":null}`, `{"auth":{"scope":{"unscoped":{}}}}`,
		`{"auth":{"identity":{"methods":["application_credential"],"application_credential":{"name":"x","user":{"name":"admin","domain":{"name":"Default"}}}}}}`,
	} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/identity/v3/auth/tokens", strings.NewReader(body))
		w := httptest.NewRecorder()
		c.handler.ServeHTTP(w, r)
		if w.Code >= http.StatusInternalServerError || w.Code/100 == 2 && !strings.Contains(body, adminPassword) {
			t.Errorf("%s: %d %s", body, w.Code, w.Body)
		}
	})
}

// FuzzList holds that no query makes a list of identities fail.
func FuzzList(f *testing.F) {
	c := newCloud(f)
	for i, query := range []string{
		"name=x&enabled=maybe", "name__icontains=a", "limit=1&marker=x", "sort_key=id", "domain_id=%00", "scope.project.id=x&effective&include_names", "tags=a,b&not-tags-any=c", "parents_as_list&subtree_as_ids",
		"user.id=x&group.id=y", "password_expires_at=lt:2026-01-02T03:04:05Z", "password_expires_at=x", "limit=-1", "enabled=0&enabled=1", "%zz=%zz",
	} {
		f.Add(uint8(i), query)
	}
	f.Fuzz(func(t *testing.T, which uint8, query string) {
		path := []string{"projects", "users", "groups", "roles", "domains", "role_assignments", "services", "endpoints", "regions", "role_inferences", "registered_limits", "limits"}[int(which)%12]
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/identity/v3/"+path, nil)
		r.URL.RawQuery = query
		r.Header.Set("X-Auth-Token", c.admin)
		w := httptest.NewRecorder()
		c.handler.ServeHTTP(w, r)
		if w.Code >= http.StatusInternalServerError {
			t.Errorf("%s?%s: %d %s", path, query, w.Code, w.Body)
		}
	})
}
