package main

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
)

func TestMetricsAreForThisMachineAndWhoIsNamed(t *testing.T) {
	t.Parallel()
	g := newGateway(nil)
	g.scrapers = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("fe80::/10")}
	own := &net.TCPAddr{IP: net.IPv4(198, 51, 100, 7), Port: 8780}
	for caller, want := range map[string]int{
		"127.0.0.1:40000": 200, "[::1]:40000": 200, "198.51.100.7:40000": 200, "192.0.2.9:40000": 200, "[::ffff:192.0.2.9]:40000": 200,
		"[fe80::1%eth0]:40000": 200, "192.0.3.9:40000": 403, "198.51.100.8:40000": 403, "[2001:db8::1]:40000": 403, "": 403,
	} {
		r := httptest.NewRequest("GET", "/metrics", nil)
		r.RemoteAddr = caller
		w := httptest.NewRecorder()
		g.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, own)))
		if w.Code != want || want == 403 && !strings.Contains(w.Body.String(), "telemetry.metrics_from") {
			t.Errorf("to %q: %d, want %d: %s", caller, w.Code, want, w.Body)
		}
	}
}
