package outbound_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"cumulet/oslo/fault"
	"cumulet/oslo/outbound"
)

func TestURLsPassTheLists(t *testing.T) {
	for _, c := range []struct {
		name   string
		filter outbound.Filter
		url    string
		passes bool
	}{
		{"upstream's defaults take a web server", outbound.DefaultFilter(), "https://example.org/x", true},
		{"and its port", outbound.DefaultFilter(), "http://example.org:80/x", true},
		{"but no other", outbound.DefaultFilter(), "http://example.org:8080/x", false},
		{"nor another scheme", outbound.DefaultFilter(), "file:///etc/passwd", false},
		{"in whatever case", outbound.DefaultFilter(), "HTTP://example.org/", true},
		{"no list lets everything pass", outbound.Filter{}, "http://example.org:9/x", true},
		{"but nothing without a host", outbound.Filter{}, "http:///x", false},
		{"nor without a scheme", outbound.Filter{}, "//example.org/x", false},
		{"a disallowed scheme is refused", outbound.Filter{DisallowedSchemes: []string{"http"}}, "http://example.org/", false},
		{"unless allowed too", outbound.Filter{AllowedSchemes: []string{"http"}, DisallowedSchemes: []string{"http"}}, "http://example.org/", true},
		{"a host that is not allowed is refused", outbound.Filter{AllowedHosts: []string{"a.org"}}, "http://b.org/", false},
		{"one that is allowed is not", outbound.Filter{AllowedHosts: []string{"a.org"}}, "http://A.org./", true},
		{"a disallowed host is refused", outbound.Filter{DisallowedHosts: []string{"a.org"}}, "http://a.org/", false},
		{"though spelt otherwise", outbound.Filter{DisallowedHosts: []string{"127.0.0.1"}}, "http://[::ffff:127.0.0.1]/", false},
		{"even as a number", outbound.Filter{DisallowedHosts: []string{"127.0.0.1"}}, "http://2130706433/", false},
		{"in hexadecimal", outbound.Filter{}, "http://127.0.0.0x1/", false},
		{"or shortened", outbound.Filter{}, "http://127.1/", false},
		{"a disallowed port is refused", outbound.Filter{DisallowedPorts: []int{22}}, "http://a.org:22/", false},
		{"others are not", outbound.Filter{DisallowedPorts: []int{22}}, "http://a.org:23/", true},
		{"one that is not said is not looked at, as upstream", outbound.Filter{AllowedPorts: []int{8080}}, "http://a.org/", true},
	} {
		u, err := url.Parse(c.url)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.filter.Check(u); (err == nil) != c.passes || err != nil && !fault.Is(err, fault.Forbidden) {
			t.Errorf("%s: %s: %v", c.name, c.url, err)
		}
	}
}

// refused asks and wants the guard's refusal.
func refused(t *testing.T, c *http.Client, address string) {
	t.Helper()
	r, err := c.Get(address)
	if err == nil {
		r.Body.Close()
	}
	if !fault.Is(err, fault.Forbidden) {
		t.Errorf("%s was not refused: %v", address, err)
	}
}

func TestInnerAddressesAreRefused(t *testing.T) {
	c := outbound.Guard{Connect: time.Second}.Client()
	for _, host := range []string{
		"127.0.0.1", "0.0.0.0", "10.1.2.3", "172.31.0.1", "192.168.1.1", "100.64.0.1", "169.254.169.254", "224.0.0.1", "255.255.255.255",
		"[::1]", "[::]", "[fe80::1]", "[fc00::1]", "[ff02::1]", "[::ffff:10.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[2001:db8::1]",
		"localhost",
	} {
		refused(t, c, "http://"+host+"/")
	}
}

func serve(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

// loopback lets the tests' servers be asked.
func loopback() []netip.Prefix { return []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")} }

func TestWhatIsAllowedIsAsked(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "bits") })
	r, err := outbound.Guard{Private: loopback()}.Client().Get(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if b, err := io.ReadAll(r.Body); err != nil || string(b) != "bits" {
		t.Fatalf("%q, %v", b, err)
	}
}

func TestRedirectsAreLookedAt(t *testing.T) {
	var to string
	s := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, http.StatusFound) })
	c := outbound.Guard{Private: loopback(), Filter: outbound.Filter{DisallowedHosts: []string{"secret.example"}}}.Client()
	for _, to = range []string{"http://127.0.0.2/", "http://secret.example/", "http://169.254.169.254/latest/meta-data"} {
		refused(t, c, s.URL)
	}
	to = s.URL
	if _, err := c.Get(s.URL); err == nil || !strings.Contains(err.Error(), "5 times") {
		t.Errorf("a circle of redirects: %v", err)
	}
}

// TestANameOfAnInnerAddressIsRefused has a name server of its own, whose names are all loopback.
func TestANameOfAnInnerAddressIsRefused(t *testing.T) {
	names, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan struct{})
	go func() { defer close(served); answer(names, [4]byte{127, 0, 0, 1}) }()
	t.Cleanup(func() { names.Close(); <-served })
	resolver := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", names.LocalAddr().String())
	}}
	s := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("loopback was asked") })
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	refused(t, outbound.Guard{Resolver: resolver}.Client(), "http://rebound.example:"+port+"/")
}

// answer tells every name's address until the socket is closed.
func answer(c net.PacketConn, address [4]byte) {
	buffer := make([]byte, 1500)
	for {
		n, from, err := c.ReadFrom(buffer)
		if err != nil {
			return
		}
		var m dnsmessage.Message
		if m.Unpack(buffer[:n]) != nil || len(m.Questions) == 0 {
			continue
		}
		m.Response, m.Additionals = true, nil
		if q := m.Questions[0]; q.Type == dnsmessage.TypeA {
			m.Answers = []dnsmessage.Resource{{
				Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class}, Body: &dnsmessage.AResource{A: address},
			}}
		}
		if b, err := m.Pack(); err == nil {
			c.WriteTo(b, from)
		}
	}
}

func TestSilenceEnds(t *testing.T) {
	end := make(chan struct{})
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "some")
		w.(http.Flusher).Flush()
		select {
		case <-end:
		case <-r.Context().Done():
		}
	})
	defer close(end)
	r, err := outbound.Guard{Private: loopback(), Silence: 50 * time.Millisecond}.Client().Get(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if _, err := io.ReadAll(r.Body); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a server that had fallen silent was waited for: %v", err)
	}
}
