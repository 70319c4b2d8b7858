package main

import (
	"net/http"
	"sync"
)

// door counts the requests that came in from outside and have no answer yet, so that a process can stop between requests
// rather than amid them.
type door struct {
	mu      sync.Mutex
	inside  int
	closing bool
	empty   chan struct{} // closed when closing and nobody is inside
}

// guard lets requests in to h until the door closes. Then they are told to come again, but for those that ask how the process is.
func (d *door) guard(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/healthz", "/readyz", "/metrics":
			h.ServeHTTP(w, r)
			return
		}
		if !d.enter() {
			w.Header().Set("Connection", "close")
			w.Header().Set("Retry-After", "10")
			answer(w, http.StatusServiceUnavailable, map[string]any{"error": map[string]any{
				"code": http.StatusServiceUnavailable, "title": "Service Unavailable", "message": "The cloud is stopping.",
			}})
			return
		}
		defer d.leave()
		h.ServeHTTP(w, r)
	})
}

func (d *door) enter() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closing {
		return false
	}
	d.inside++
	return true
}

func (d *door) leave() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.inside--; d.closing && d.inside == 0 {
		close(d.empty)
	}
}

// close lets nobody in any more; the channel tells when the last one has left. It is called once.
func (d *door) close() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closing, d.empty = true, make(chan struct{})
	if d.inside == 0 {
		close(d.empty)
	}
	return d.empty
}

func (d *door) isClosing() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.closing
}
