package outbound

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"
)

// Guard says what a client may do. The zero value asks any URL at any address of the Internet.
type Guard struct {
	Filter Filter
	// Private are networks that may be connected to though they are not the Internet's: 10.1.0.0/16, or 127.0.0.1/32.
	Private []netip.Prefix
	// TLS is how servers are known; by the machine's authorities when nil.
	TLS *tls.Config
	// Redirects is how many may be followed; 5 when 0, as glance_store/_drivers/http.py, and none when negative.
	Redirects int
	// Connect bounds how long a connection may take to come about, 10 s when 0; Silence how long the other side may say
	// nothing, before it answers and while it does, 60 s when 0. What flows may flow for ever: the caller's context bounds that.
	Connect, Silence time.Duration
	// Resolver finds addresses; the machine's when nil.
	Resolver *net.Resolver
}

// Client makes a client of the guard. What it refuses is a fault named AddressRefused within the error of Do. It goes
// by no proxy, since a proxy would resolve names where nobody looks; each request has a connection of its own, and is looked at.
func (g Guard) Client() *http.Client {
	return &http.Client{
		Transport: checked{filter: g.Filter, next: &http.Transport{
			DialContext:            g.dial,
			TLSClientConfig:        g.TLS,
			TLSHandshakeTimeout:    g.connect(),
			DisableKeepAlives:      true,
			DisableCompression:     true, // the bits are wanted as they lie there, and their length
			MaxResponseHeaderBytes: 64 << 10,
		}},
		CheckRedirect: g.redirect,
	}
}

// checked holds every request to the filter, the first as those that redirects ask for.
type checked struct {
	filter Filter
	next   http.RoundTripper
}

// RoundTrip asks what the filter lets pass.
func (c checked) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := c.filter.Check(r.URL); err != nil {
		return nil, err
	}
	return c.next.RoundTrip(r)
}

func (g Guard) redirect(_ *http.Request, before []*http.Request) error {
	most := g.Redirects
	if most == 0 {
		most = 5
	}
	if len(before) > max(most, 0) {
		return fmt.Errorf("redirected more than %d times", max(most, 0))
	}
	return nil
}

func (g Guard) connect() time.Duration {
	if g.Connect > 0 {
		return g.Connect
	}
	return 10 * time.Second
}

func (g Guard) silence() time.Duration {
	if g.Silence > 0 {
		return g.Silence
	}
	return time.Minute
}

func (g Guard) dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	d := net.Dialer{
		Timeout: g.connect(), Resolver: g.Resolver,
		// Control sees the address that the socket is about to be connected to; there is no later moment at which it could change.
		ControlContext: func(_ context.Context, _, address string, _ syscall.RawConn) error { return g.admit(host, address) },
	}
	c, err := d.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return patient{Conn: c, silence: g.silence()}, nil
}

// admit refuses an address that is neither the Internet's nor one of Private.
func (g Guard) admit(host, address string) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("connect to %q: %w", address, err)
	}
	a := to.Addr().Unmap()
	if public(a) {
		return nil
	}
	for _, p := range g.Private {
		if p.Contains(a) {
			return nil
		}
	}
	return Refused(fmt.Sprintf("the host %q", host)).Because(fmt.Errorf("%s is not an address of the Internet", a))
}

// patient is a connection on which the other side may be silent for so long and no longer.
type patient struct {
	net.Conn
	silence time.Duration
}

func (p patient) Read(b []byte) (int, error) {
	if err := p.SetReadDeadline(time.Now().Add(p.silence)); err != nil {
		return 0, err
	}
	return p.Conn.Read(b)
}

func (p patient) Write(b []byte) (int, error) {
	if err := p.SetWriteDeadline(time.Now().Add(p.silence)); err != nil {
		return 0, err
	}
	return p.Conn.Write(b)
}
