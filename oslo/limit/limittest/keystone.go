// Package limittest has a keystone for tests that knows limits and nothing else.
package limittest

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/gophercloud/gophercloud/v2"

	"cumulet/oslo/limit"
)

// Keystone is a keystone with one service, image, in one region, north.
type Keystone struct {
	mu         sync.Mutex
	model      string
	away       bool
	registered map[string]int
	own        map[string]map[string]int
	asked      int
	url        string
}

// New has a keystone serve until the test ends.
func New(t testing.TB, registered map[string]int) *Keystone {
	t.Helper()
	k := &Keystone{model: "flat", registered: registered, own: map[string]map[string]int{}}
	server := httptest.NewServer(k)
	t.Cleanup(server.Close)
	k.url = server.URL + "/"
	return k
}

// Limits asks this keystone, and remembers nothing for long.
func (k *Keystone) Limits() *limit.Keystone {
	return &limit.Keystone{
		Client:      &gophercloud.ServiceClient{ProviderClient: &gophercloud.ProviderClient{}, Endpoint: k.url},
		ServiceType: "image", ServiceName: "glance", Region: "north", Memory: time.Nanosecond, Now: time.Now,
	}
}

// Set gives a project limits of its own; all have them registered where it is none.
func (k *Keystone) Set(projectID string, limits map[string]int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if projectID == "" {
		k.registered = limits
		return
	}
	k.own[projectID] = limits
}

// Go has the keystone be away, or be back.
func (k *Keystone) Go(away bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.away = away
}

// Enforces changes the model by which limits are enforced.
func (k *Keystone) Enforces(model string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.model = model
}

// Asked is how many questions it has answered.
func (k *Keystone) Asked() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.asked
}

// ServeHTTP answers as the Identity API does.
func (k *Keystone) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.asked++
	q := r.URL.Query()
	if k.away {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	list := func(kind, project, amount string, limits map[string]int) {
		found := []map[string]any{}
		if q.Get("service_id") == "the-service" && q.Get("region_id") == "north" {
			for name, n := range limits {
				found = append(found, map[string]any{
					"id": name, "resource_name": name, amount: n, "service_id": "the-service", "region_id": "north", "project_id": project,
				})
			}
		}
		answer(w, map[string]any{kind: found, "links": map[string]any{"next": nil}})
	}
	switch r.URL.Path {
	case "/limits/model":
		answer(w, map[string]any{"model": map[string]string{"name": k.model, "description": ""}})
	case "/services":
		found := []map[string]any{}
		if q.Get("type") == "image" && q.Get("name") == "glance" {
			found = append(found, map[string]any{"id": "the-service", "type": "image", "name": "glance"})
		}
		answer(w, map[string]any{"services": found, "links": map[string]any{"next": nil}})
	case "/registered_limits":
		list("registered_limits", "", "default_limit", k.registered)
	case "/limits":
		list("limits", q.Get("project_id"), "resource_limit", k.own[q.Get("project_id")])
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func answer(w http.ResponseWriter, body any) {
	_ = json.NewEncoder(w).Encode(body) // who asked may be gone
}
