package identity_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gophercloud/gophercloud/v2"

	"cumulet/nova/identity"
	"cumulet/oslo/fault"
	"cumulet/oslo/policy"
)

func TestCheckProject(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch {
		case r.Header.Get("X-Auth-Token") != "admin":
			w.WriteHeader(http.StatusForbidden)
		case r.URL.EscapedPath() != "/projects/there":
			w.WriteHeader(http.StatusNotFound)
		}
		if _, err := io.WriteString(w, `{"project": {"id": "there"}}`); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(s.Close)
	c := &identity.Client{
		Keystone: &gophercloud.ServiceClient{ProviderClient: &gophercloud.ProviderClient{}, Endpoint: s.URL + "/"},
		Log:      slog.New(slog.DiscardHandler),
	}
	for _, x := range []struct {
		token, project string
		refused        bool
	}{
		{"admin", "there", false},
		{"admin", "nowhere", true},
		{"admin", "elsewhere/../../projects/there", true},
		{"member", "nowhere", false}, // who may not look learns nothing
	} {
		err := c.CheckProject(t.Context(), policy.Who{Token: x.token}, x.project)
		if fault.Is(err, fault.Invalid) != x.refused || !x.refused && err != nil {
			t.Errorf("%s asks for %s: %v", x.token, x.project, err)
		}
	}
}
