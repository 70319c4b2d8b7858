package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"syscall"
	"time"

	"cumulet/oslo/rest"
	"cumulet/oslo/telemetry"
)

// gateway is the one listener that serves all APIs by the first part of their path, as DevStack does.
type gateway struct {
	apis    map[string]http.Handler // by prefix: "/identity"
	ready   func() map[string]bool
	metrics *telemetry.Metrics
	// scrapers may read the metrics, beside this machine.
	scrapers []netip.Prefix
	url      string // how callers reach it
	// drainTimeout bounds how long requests under way get to end when the process stops.
	drainTimeout time.Duration
	// patience is how long a caller may take to receive a stretch of an answer.
	patience time.Duration

	door door
}

// ServeHTTP picks the API.
func (g *gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	first, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if api, ok := g.apis["/"+first]; ok && first != "" {
		api.ServeHTTP(w, r)
		return
	}
	switch r.URL.Path {
	case "/":
		g.index(w)
	case "/healthz":
		answer(w, http.StatusOK, map[string]any{"status": "alive"})
	case "/readyz":
		g.readiness(w)
	case "/metrics":
		g.scrape(w, r)
	default:
		answer(w, http.StatusNotFound, map[string]any{"error": map[string]any{
			"code": http.StatusNotFound, "title": "Not Found", "message": "No API has this path.",
		}})
	}
}

// index names the APIs, for who opens the gateway in a browser.
func (g *gateway) index(w http.ResponseWriter) {
	apis := map[string]string{}
	for prefix := range g.apis {
		apis[strings.TrimPrefix(prefix, "/")] = g.url + prefix
	}
	answer(w, http.StatusOK, map[string]any{"cumulet": version(), "apis": apis})
}

// readiness tells which roles serve; 503 until all do, and while the process stops.
func (g *gateway) readiness(w http.ResponseWriter) {
	roles, status := g.ready(), http.StatusOK
	for _, ready := range roles {
		if !ready {
			status = http.StatusServiceUnavailable
		}
	}
	if g.door.isClosing() {
		status = http.StatusServiceUnavailable
	}
	answer(w, status, map[string]any{"roles": roles})
}

func answer(w http.ResponseWriter, status int, body any) {
	b, err := json.Marshal(body)
	if err != nil {
		status = http.StatusInternalServerError
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(b) // the caller may be gone
}

// RoundTrip is how this process calls APIs: its own without a socket, others over the network.
func (g *gateway) RoundTrip(r *http.Request) (*http.Response, error) {
	if path, ok := strings.CutPrefix(r.URL.String(), g.url+"/"); ok && g.serves(path) {
		return rest.Loopback{Handler: g}.RoundTrip(r)
	}
	return rest.Onward{Transport: http.DefaultTransport}.RoundTrip(r)
}

// serves tells whether the API that a path, without its first slash, leads to is in this process.
func (g *gateway) serves(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return g.apis["/"+first] != nil
}

// Bounds of the listener: a caller who is slow to ask, or never ends asking, costs little.
const (
	headerTimeout = 20 * time.Second
	idleTimeout   = 2 * time.Minute
	headerBytes   = 64 << 10
	closeTimeout  = time.Second // for the callers that are told no
)

// listen takes the gateway's port.
func listen(address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("the address %s is taken by another program: stop that one, or choose another with `listen:` in the configuration (or CUMULET_LISTEN)", address)
	}
	return l, err
}

// serve answers on l until ctx ends. From then on new requests are told to come again, and those under way get drainTimeout to
// end; what this process asks itself does not come through l and goes on.
func (g *gateway) serve(ctx context.Context, l net.Listener) error {
	running, abort := context.WithCancel(context.WithoutCancel(ctx))
	defer abort()
	guests := newCrowd(connections())
	server := &http.Server{
		Handler: guests.guard(patiently(g.patience, g.door.guard(g))), ConnState: guests.changed, ConnContext: guests.met,
		ReadHeaderTimeout: headerTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: headerBytes,
		BaseContext: func(net.Listener) context.Context { return running },
	}
	done := make(chan error, 1)
	go func() { done <- server.Serve(l) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	drain, cancel := context.WithTimeout(running, g.drainTimeout)
	defer cancel()
	select {
	case <-g.door.close():
	case <-drain.Done():
		abort()
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
	defer cancel()
	err := server.Shutdown(last)
	if errors.Is(err, context.DeadlineExceeded) {
		err = server.Close()
	}
	<-done
	return err
}
