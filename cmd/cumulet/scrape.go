package main

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
)

// mayScrape tells whether a caller may read the process's metrics: this machine may, and the addresses of metrics_from. They tell
// of all projects' use, so that the users of the APIs, who reach the same listener, must not.
func mayScrape(r *http.Request, from []netip.Prefix) bool {
	caller, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return false
	}
	address := caller.Addr().Unmap()
	if address.IsLoopback() {
		return true
	}
	if own, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr); ok && own.AddrPort().Addr().Unmap() == address {
		return true
	}
	return slices.ContainsFunc(from, func(p netip.Prefix) bool { return p.Contains(address.WithZone("")) })
}

// scrape shows the metrics to those who may see them.
func (g *gateway) scrape(w http.ResponseWriter, r *http.Request) {
	if !mayScrape(r, g.scrapers) {
		answer(w, http.StatusForbidden, map[string]any{"error": map[string]any{
			"code": http.StatusForbidden, "title": "Forbidden", "message": "Metrics are for this machine and the addresses that the option telemetry.metrics_from names.",
		}})
		return
	}
	g.metrics.Handler().ServeHTTP(w, r)
}
