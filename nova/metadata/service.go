package metadata

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"cumulet/nova"
	"cumulet/oslo/fault"
)

// Service answers what neutron's metadata agents pass on from guests.
type Service struct {
	// Server finds a server by its id.
	Server func(ctx context.Context, id string) (nova.Server, error)
	// Secret is what the agents sign with (metadata_proxy_shared_secret).
	Secret string
	Domain string
	Now    func() time.Time
	Log    *slog.Logger
	// CacheFor is how long a server's record is used again; 15 s when zero.
	CacheFor time.Duration

	mu    sync.Mutex
	cache map[string]cached
}

type cached struct {
	server nova.Server
	until  time.Time
}

const (
	defaultCacheFor = 15 * time.Second
	maxCached       = 10_000
)

// ServeHTTP tells the guest that the agent's headers name about itself; as nova/api/metadata/handler.py.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		refuse(w, http.StatusMethodNotAllowed, "Only GET is supported.")
		return
	}
	id, project, status, why := s.caller(r)
	if status != 0 {
		refuse(w, status, why)
		return
	}
	server, err := s.find(r.Context(), id)
	switch {
	case fault.Is(err, fault.NotFound):
		refuse(w, http.StatusNotFound, "The resource could not be found.")
		return
	case err != nil:
		s.Log.ErrorContext(r.Context(), "cannot find a guest's server", "server", id, "error", err)
		refuse(w, http.StatusInternalServerError, "An unknown error has occurred. Please try your request again.")
		return
	case server.ProjectID != project:
		s.Log.WarnContext(r.Context(), "an agent asked for another project's server", "server", id, "project", project)
		refuse(w, http.StatusNotFound, "The resource could not be found.")
		return
	}
	data, contentType, found := Content{Server: server, Domain: s.Domain}.Lookup(r.URL.Path)
	if !found {
		refuse(w, http.StatusNotFound, "The resource could not be found.")
		return
	}
	w.Header().Set("Content-Type", contentType)
	if _, err := w.Write(data); err != nil {
		s.Log.DebugContext(r.Context(), "a guest went away", "server", id, "error", err)
	}
}

func refuse(w http.ResponseWriter, status int, why string) {
	w.Header().Set("Content-Type", plain)
	w.WriteHeader(status)
	_, _ = w.Write([]byte(why + "\n")) // the caller may be gone
}

// caller reads which server asks and checks the agent's signature.
func (s *Service) caller(r *http.Request) (id, project string, status int, why string) {
	const instance, tenant, signature = "X-Instance-Id", "X-Tenant-Id", "X-Instance-Id-Signature"
	for _, name := range []string{instance, signature, tenant} {
		switch values := r.Header.Values(name); {
		case len(values) == 0:
			return "", "", http.StatusBadRequest, name + " header is missing from request."
		case len(values) > 1:
			return "", "", http.StatusBadRequest, "Multiple " + name + " headers found within request."
		}
	}
	id, project = r.Header.Get(instance), r.Header.Get(tenant)
	if s.Secret == "" || !hmac.Equal([]byte(Sign(s.Secret, id)), []byte(r.Header.Get(signature))) {
		return "", "", http.StatusForbidden, "Invalid proxy request signature."
	}
	return id, project, 0, ""
}

// Sign is an agent's signature of a server's id: HMAC-SHA256 in hex.
func Sign(secret, id string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(id))
	return hex.EncodeToString(mac.Sum(nil))
}

// find reads a server, or remembers it for a while: guests ask many times while they boot.
func (s *Service) find(ctx context.Context, id string) (nova.Server, error) {
	now := s.Now()
	s.mu.Lock()
	known, ok := s.cache[id]
	s.mu.Unlock()
	if ok && now.Before(known.until) {
		return known.server, nil
	}
	server, err := s.Server(ctx, id)
	if err != nil {
		return server, err
	}
	keep := s.CacheFor
	if keep == 0 {
		keep = defaultCacheFor
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cache == nil || len(s.cache) >= maxCached {
		s.cache = map[string]cached{}
	}
	s.cache[id] = cached{server, now.Add(keep)}
	return server, nil
}
