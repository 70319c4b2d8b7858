package hostile

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

// headers sends what no client sends, down to the socket.
func (w *world) headers(t *testing.T) {
	for name, values := range map[string][]string{
		"Openstack-Api-Version": {
			"compute", "compute ", "compute 2", "compute 2.", "compute .1", "compute 2.99999999999999999999", "compute -2.1", "compute 2.1.1", "compute latest latest",
			"compute 2.1,compute 3.1", "placement 0.0", "placement 1.999", "compute ２.１", strings.Repeat("compute 2.1,", 3000), ",,,,", "\x01",
		},
		"X-Openstack-Nova-Api-Version": {"x", "2.99999", "2.1\t"},
		"X-Openstack-Request-Id":       {"x", strings.Repeat("req-", 5000), "req-8a3a4c1e-0000-4000-8000-000000000000"},
		"X-Forwarded-Proto":            {"javascript", "https, http"},
		"Traceparent":                  {"x", "00-00000000000000000000000000000000-0000000000000000-00", strings.Repeat("0", 9000)},
		"If-Match":                     {"revision_number=", "revision_number=-1", "revision_number=99999999999999999999", "*", "W/\"x\""},
		"Range":                        {"bytes=", "bytes=-", "bytes=5-1", "bytes=-99999999999999999999", "bytes=0-0,1-1", "lines=1-2", "bytes=99999-"},
		"Content-Range":                {"bytes 0-1/2", "bytes */*", "x"},
		"X-Subject-Token":              {"x", strings.Repeat("g", 20<<10)},
		"X-Roles":                      {"admin"}, "X-Project-Id": {w.victim.ProjectID}, "X-Identity-Status": {"Confirmed"},
		"Content-Encoding": {"gzip"}, "Expect": {"200-ok"}, "Accept": {"application/xml"}, "X-Service-Token": {"x", w.member.Token},
		"X-Http-Method-Override": {"DELETE"},
	} {
		for _, value := range values {
			for _, ask := range []struct{ method, path string }{
				{"GET", "/compute/v2.1/servers"}, {"GET", "/network/v2.0/networks"}, {"GET", "/image/v2/images/" + w.known["image"] + "/file"}, {"GET", "/identity/v3/auth/tokens"},
				{"GET", "/placement/resource_providers"}, {"PUT", "/network/v2.0/networks/" + w.ids["/network/v2.0/networks"]},
			} {
				a, err := w.member.Send(ask.method, ask.path, http.Header{name: {value}}, nil)
				if err != nil && strings.Contains(err.Error(), "invalid header") {
					continue // this client does not even send it; the sockets below do
				}
				sound(t, fmt.Sprintf("%s: %.40q", name, value), a, err)
			}
		}
	}
	flood := http.Header{}
	for n := range 5000 {
		flood.Set(fmt.Sprintf("X-Flood-%d", n), strings.Repeat("x", 20))
	}
	if a, err := w.member.Send("GET", doors[1], flood, nil); err == nil && a.Status != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("a flood of headers: %s", a)
	}
	w.sockets(t)
}

// sockets opens a thousand connections, each stuck at another place of a request; the thousand and first is served.
func (w *world) sockets(t *testing.T) {
	host := strings.TrimPrefix(w.URL, "http://")
	stuck := []string{
		"", "G", "GET /network/v2.0/networks HTTP/1.1\r\n", "GET /network/v2.0/networks HTTP/1.1\r\nHost: x\r\nX-Slow: ",
		"POST /identity/v3/auth/tokens HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{",
		"POST /identity/v3/auth/tokens HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{",
	}
	for n := range 1000 {
		c, err := net.Dial("tcp", host)
		if err != nil {
			t.Fatalf("connection %d: %v", n, err)
		}
		defer c.Close()
		if _, err := io.WriteString(c, stuck[n%len(stuck)]); err != nil {
			t.Fatal(err)
		}
	}
	if a, err := w.member.Send("GET", doors[1], nil, nil); err != nil || !a.Good() {
		t.Errorf("beside a thousand connections: %s %v", a, err)
	}
	for _, raw := range []string{
		"GET / HTTP/9.9\r\n\r\n", "GET  / HTTP/1.1\r\nHost: x\r\n\r\n", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", "GET /network/v2.0/networks HTTP/1.1\r\n\r\n",
		"POST /identity/v3/auth/tokens HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n{}", "POST /identity/v3/auth/tokens HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
		"POST /identity/v3/auth/tokens HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n", "GET /network/v2.0/networks HTTP/1.1\r\nHost: x\r\nX-Auth-Token: a\x00b\r\n\r\n",
		"BREW /network/v2.0/networks HTTP/1.1\r\nHost: x\r\n\r\n", "GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n", "GET //network//v2.0/networks HTTP/1.1\r\nHost: x\r\n\r\n",
	} {
		c, err := net.Dial("tcp", host)
		if err != nil {
			t.Fatal(err)
		}
		_, err = io.WriteString(c, raw)
		if err == nil {
			err = c.(*net.TCPConn).CloseWrite()
		}
		if err != nil {
			t.Error(err)
		}
		res, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err == nil && (res.StatusCode < 300 || res.StatusCode >= 500 && res.StatusCode != http.StatusHTTPVersionNotSupported) {
			t.Errorf("%q: %s", raw, res.Status)
		}
		c.Close()
	}
}
