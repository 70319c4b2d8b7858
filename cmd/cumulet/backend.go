package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"time"

	"cumulet/oslo/service"
)

// prefixes are the first parts of the APIs' paths.
func prefixes() []string {
	return []string{"identity", "image", "placement", "compute", "network", "metadata"}
}

// backendHost is the host and port of a backend's address.
func backendHost(address string) (string, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" || u.Hostname() == "" || u.Port() == "" || u.Path != "" || u.RawQuery != "" || u.User != nil {
		return "", fmt.Errorf("%q is no address such as http://192.0.2.1:8780", address)
	}
	return u.Host, nil
}

// gatewayRole hands on the requests for APIs that this process does not serve to the processes that do.
func (p *process) gatewayRole(context.Context) (service.Role, error) {
	for prefix, addresses := range p.config.Backends {
		if p.gateway.apis["/"+prefix] != nil || len(addresses) == 0 {
			continue
		}
		b := &backends{name: prefix, log: p.log}
		for _, address := range addresses {
			host, err := backendHost(address)
			if err != nil {
				return service.Role{}, err
			}
			b.hosts = append(b.hosts, host)
		}
		p.gateway.apis["/"+prefix] = b.handler()
	}
	return apiRole(), nil
}

// Bounds of what is handed on.
const (
	backendConnect = 3 * time.Second  // a backend that does not accept by then is taken for dead
	backendAnswer  = 10 * time.Minute // from the end of a request to the beginning of its answer
	backendIdle    = 128              // connections kept to each
)

// backends are the processes that serve one API. They take turns; one that cannot be reached is passed over.
type backends struct {
	name  string
	hosts []string // host:port
	log   *slog.Logger
	turn  atomic.Uint64
}

// handler hands requests on as they came: the path, and the Host header that links are made of. It retries nothing that a
// backend may have seen, since only a connection that was never made is known to have done nothing.
func (b *backends) handler() http.Handler {
	return &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme = "http"
			r.Out.URL.Host = b.hosts[b.turn.Add(1)%uint64(len(b.hosts))]
			r.Out.Host = r.In.Host
			r.SetXForwarded()
		},
		Transport: &http.Transport{
			DialContext: b.dial, MaxIdleConnsPerHost: backendIdle, IdleConnTimeout: idleTimeout / 2, ResponseHeaderTimeout: backendAnswer,
			DisableCompression: true,
		},
		FlushInterval: -1, // console logs and events are read as they come
		ErrorLog:      slog.NewLogLogger(b.log.Handler(), slog.LevelWarn),
		ErrorHandler:  b.failed,
	}
}

// dial connects to the backend whose turn it is, or to the next that can be reached.
func (b *backends) dial(ctx context.Context, network, host string) (net.Conn, error) {
	dialer := net.Dialer{Timeout: backendConnect}
	conn, err := dialer.DialContext(ctx, network, host)
	errs := []error{err}
	for _, other := range b.hosts {
		if err == nil || ctx.Err() != nil {
			break
		}
		if other != host {
			conn, err = dialer.DialContext(ctx, network, other)
			errs = append(errs, err)
		}
	}
	if err == nil {
		return conn, nil
	}
	return nil, unreachable{errors.Join(errs...)}
}

// unreachable says that no backend was reached, so that nothing was done.
type unreachable struct{ error }

// failed answers for a backend that did not.
func (b *backends) failed(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() != nil {
		return // nobody listens any more
	}
	status, message := http.StatusBadGateway, "The process that serves this API broke off: the request may have been done or not."
	if none := (unreachable{}); errors.As(err, &none) {
		status, message = http.StatusServiceUnavailable, "No process that serves this API can be reached."
		w.Header().Set("Retry-After", "5")
	}
	b.log.WarnContext(r.Context(), "backend failed", "api", b.name, "method", r.Method, "path", r.URL.Path, "error", err)
	answer(w, status, map[string]any{"error": map[string]any{"code": status, "title": http.StatusText(status), "message": message}})
}
