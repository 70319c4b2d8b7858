package hostile

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"cumulet/test/cloud"
)

// most is how much memory a cloud may take at any time, in bytes; idle, it takes an eighth.
const most = 900 << 20

// TestOthersAreServedThroughFloods lets one kind of flood after the other loose on a cloud: meanwhile another project's user gets
// all they ask for, in times like those before; memory stays bounded; and afterwards the process has no more connections, files
// and goroutines than at first.
func TestOthersAreServedThroughFloods(t *testing.T) {
	c := cloud.Start(t, "CUMULET_PATIENCE=3s")
	admin := c.Admin(t)
	f := &flood{Cloud: c, host: strings.TrimPrefix(c.URL, "http://"), mallory: c.Account(t, admin, "mallory", "member")}
	f.image = f.upload(t, 32<<20)
	o := newOthers(t, c, c.Account(t, admin, "alice", "member"))
	for _, attack := range []struct {
		name string
		run  func(ctx context.Context)
	}{
		{"headers by drops", f.headersByDrops}, {"bodies by drops", f.bodiesByDrops}, {"idle connections", f.idle}, {"a body of a gigabyte", f.gigabyte},
		{"a body without end", f.endless}, {"deep and wide JSON", f.deep}, {"large JSON at once", f.large}, {"floods of headers", f.headers}, {"pipelines", f.pipelines}, {"readers by drops", f.slowReaders},
		{"one tenant's flood", f.tenant}, {"wide queries", f.queries},
	} {
		t.Run(attack.name, func(t *testing.T) { o.whileUnder(t, attack.run) })
	}
	o.settles(t)
	for _, line := range c.Errors(t) {
		t.Errorf("%.1000s", line)
	}
}

// flood is who floods.
type flood struct {
	*cloud.Cloud
	host    string
	mallory *cloud.Client
	image   string
}

// upload makes an image of so many bytes.
func (f *flood) upload(t *testing.T, size int) string {
	t.Helper()
	w := &world{Cloud: f.Cloud}
	return w.image(t, f.mallory, "raw", make([]byte, size))
}

// each runs n times at once, until all have ended.
func each(n int, do func(int)) {
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { do(i) })
	}
	all.Wait()
}

// dial opens a connection that ends with ctx; nil when there is none to be had.
func (f *flood) dial(ctx context.Context) net.Conn {
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", f.host)
	if err != nil {
		return nil
	}
	context.AfterFunc(ctx, func() { c.Close() })
	return c
}

// drops sends text, and then one byte a second from a text without end.
func (f *flood) drops(ctx context.Context, text string) {
	c := f.dial(ctx)
	if c == nil {
		return
	}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	_, err := io.WriteString(c, text)
	for err == nil && ctx.Err() == nil {
		select {
		case <-tick.C:
			_, err = io.WriteString(c, "a")
		case <-ctx.Done():
		}
	}
}

func (f *flood) headersByDrops(ctx context.Context) {
	each(2000, func(n int) {
		f.drops(ctx, []string{"", "GET /network/v2.0/networks HTTP/1.1\r\nHost: x\r\nX-Slow: ", "GET /"}[n%3])
	})
}

func (f *flood) bodiesByDrops(ctx context.Context) {
	each(2000, func(n int) {
		f.drops(ctx, []string{
			"POST /identity/v3/auth/tokens HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{\"",
			"POST /network/v2.0/networks HTTP/1.1\r\nHost: x\r\nX-Auth-Token: " + f.mallory.Token + "\r\nContent-Length: 1000000\r\n\r\n{\"",
			"PUT /image/v2/images/" + f.image + "/file HTTP/1.1\r\nHost: x\r\nX-Auth-Token: " + f.mallory.Token + "\r\nContent-Type: application/octet-stream\r\nContent-Length: 1000000\r\n\r\n",
		}[n%3])
	})
}

func (f *flood) idle(ctx context.Context) {
	each(100, func(int) {
		for range 100 {
			if c := f.dial(ctx); c != nil && ctx.Err() == nil {
				fmt.Fprint(c, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n") //nolint:errcheck // one that is refused is as good
			}
		}
		<-ctx.Done()
	})
}

// forever is a body of one letter.
type forever struct{ left int64 }

func (b *forever) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, io.EOF
	}
	n := min(int64(len(p)), b.left)
	for i := range p[:n] {
		p[i] = '['
	}
	b.left -= n
	return int(n), nil
}

// post sends a body as mallory, or as nobody, and does not care for the answer.
func (f *flood) post(ctx context.Context, path, token string, length int64, body io.Reader) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, f.URL+path, body)
	if err != nil {
		return
	}
	r.ContentLength = length
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Auth-Token", token)
	if res, err := http.DefaultClient.Do(r); err == nil {
		_, _ = io.Copy(io.Discard, res.Body)
		res.Body.Close()
	}
}

func (f *flood) bodies(ctx context.Context, callers int, announced bool, body func() (int64, io.Reader)) {
	paths := []string{"/identity/v3/auth/tokens", "/network/v2.0/networks", "/compute/v2.1/servers", "/image/v2/images"}
	each(callers, func(n int) {
		for ctx.Err() == nil {
			length, b := body()
			if !announced {
				length = -1
			}
			f.post(ctx, paths[n%len(paths)], f.mallory.Token, length, b)
		}
	})
}

func (f *flood) gigabyte(ctx context.Context) {
	f.bodies(ctx, 8, true, func() (int64, io.Reader) { return 1 << 30, &forever{1 << 30} })
}

func (f *flood) endless(ctx context.Context) {
	f.bodies(ctx, 8, false, func() (int64, io.Reader) { return -1, &forever{1 << 40} })
}

func (f *flood) deep(ctx context.Context) {
	var keys strings.Builder
	for n := range 90_000 {
		fmt.Fprintf(&keys, `,"k%d":0`, n)
	}
	texts := []string{
		strings.Repeat("[", 1_000_000), strings.Repeat(`{"a":`, 200_000), `{"network":{"name":"x"` + keys.String() + `}}`, `{"auth":{"identity":{"methods":["password"]}` + keys.String() + `}}`,
		`{"server":{"name":"x","flavorRef":` + strings.Repeat("9", 1_000_000) + `}}`, `{"network":{"mtu":1e` + strings.Repeat("9", 1_000_000) + `}}`, `{"network":{"name":"` + strings.Repeat(`\u0041`, 170_000) + `"}}`,
		`{"port":{"network_id":"x","fixed_ips":[` + strings.TrimSuffix(strings.Repeat(`{"ip_address":"10.0.0.1"},`, 35_000), ",") + `]}}`,
	}
	f.bodies(ctx, 8, true, func() (int64, io.Reader) {
		text := texts[time.Now().UnixNano()%int64(len(texts))]
		return int64(len(text)), strings.NewReader(text)
	})
}

// large sends the largest bodies that are taken, of the values that take most room when read, all at once.
func (f *flood) large(ctx context.Context) {
	text := `{"networks":[` + strings.TrimSuffix(strings.Repeat(`{"a":{}},`, 110_000), ",") + `]}`
	f.bodies(ctx, 96, true, func() (int64, io.Reader) { return int64(len(text)), strings.NewReader(text) })
}

func (f *flood) headers(ctx context.Context) {
	each(16, func(n int) {
		for ctx.Err() == nil {
			c := f.dial(ctx)
			if c == nil {
				return
			}
			_, err := fmt.Fprint(c, "GET /network/v2.0/networks HTTP/1.1\r\nHost: x\r\n")
			line := []string{"X-Auth-Token: " + strings.Repeat("g", 1<<20), "Cookie: " + strings.Repeat("a=b; ", 1000), "X: y", ": ", "X-Auth-Token: " + f.mallory.Token}[n%5] + "\r\n"
			for err == nil {
				_, err = io.WriteString(c, line)
			}
			c.Close()
		}
	})
}

// pipelines asks on and on, and reads no answer.
func (f *flood) pipelines(ctx context.Context) {
	each(64, func(int) {
		for ctx.Err() == nil {
			c := f.dial(ctx)
			if c == nil {
				return
			}
			text := strings.Repeat("GET /image/v2/schemas/image HTTP/1.1\r\nHost: x\r\nX-Auth-Token: "+f.mallory.Token+"\r\n\r\n", 100)
			var err error
			for err == nil {
				_, err = io.WriteString(c, text)
			}
			c.Close()
		}
	})
}

// slowReaders download and read a byte a second.
func (f *flood) slowReaders(ctx context.Context) {
	each(500, func(int) {
		for ctx.Err() == nil {
			f.readByDrops(ctx)
		}
	})
}

func (f *flood) readByDrops(ctx context.Context) {
	c := f.dial(ctx)
	if c == nil {
		return
	}
	defer c.Close()
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.SetReadBuffer(4096)
	}
	_, err := fmt.Fprintf(c, "GET /image/v2/images/%s/file HTTP/1.1\r\nHost: x\r\nX-Auth-Token: %s\r\n\r\n", f.image, f.mallory.Token)
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for one := make([]byte, 1); err == nil; _, err = c.Read(one) {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// tenant asks for all it may, as often as it can.
func (f *flood) tenant(ctx context.Context) {
	paths := []string{"/compute/v2.1/servers/detail", "/network/v2.0/ports", "/image/v2/images", "/identity/v3/auth/catalog", "/network/v2.0/networks"}
	client := &http.Client{Transport: &http.Transport{MaxConnsPerHost: 400, MaxIdleConnsPerHost: 400}}
	defer client.CloseIdleConnections()
	each(400, func(n int) {
		for ctx.Err() == nil {
			r, err := http.NewRequestWithContext(ctx, http.MethodGet, f.URL+paths[n%len(paths)], nil)
			if err != nil {
				return
			}
			r.Header.Set("X-Auth-Token", f.mallory.Token)
			if n%10 == 0 {
				r.Method, r.Body = http.MethodPost, io.NopCloser(bytes.NewReader([]byte(`{"network":{"name":"flood"}}`)))
				r.URL.Path = "/network/v2.0/networks"
			}
			if res, err := client.Do(r); err == nil {
				_, _ = io.Copy(io.Discard, res.Body)
				res.Body.Close()
			}
		}
	})
}

func (f *flood) queries(ctx context.Context) {
	long := func(part string) string { return strings.TrimSuffix(strings.Repeat(part, 60_000/len(part)), "&") }
	queries := []string{
		"/network/v2.0/networks?" + long("id=x&"), "/network/v2.0/ports?" + long("fields=id&"), "/image/v2/images?name=in:" + long("a,"), "/compute/v2.1/servers?name=" + long("(a{1000}){2}"), "/compute/v2.1/servers/detail?name=(((a{30}){30}){30}){30}", "/compute/v2.1/servers?tags=" + long("a,"), "/compute/v2.1/servers?" + long("sort_key=uuid&"),
		"/network/v2.0/networks?" + long("sort_key=name&sort_dir=asc&"), "/identity/v3/projects?" + long("name=x&"), "/image/v2/images?" + long("tag=a&"), "/network/v2.0/ports?tags=" + long("a,"), "/identity/v3/projects?tags=" + long("a,"), "/network/" + long("v2.0/"), "/network/v2.0/networks?" + strings.Repeat("x", 1<<20),
	}
	each(16, func(n int) {
		for ctx.Err() == nil {
			c := f.dial(ctx)
			if c == nil {
				return
			}
			_, err := fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nOpenStack-API-Version: compute 2.90\r\nX-Auth-Token: %s\r\n\r\n", queries[n%len(queries)], f.mallory.Token)
			if err == nil {
				_, _ = io.Copy(io.Discard, bufio.NewReader(c))
			}
			c.Close()
		}
	})
}
