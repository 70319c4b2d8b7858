package metadata

import (
	"bufio"
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"cumulet/neutron"
)

// nova stands for nova's metadata service and keeps what it was asked last.
type nova struct{ asked *http.Request }

func (n *nova) RoundTrip(r *http.Request) (*http.Response, error) {
	n.asked = r
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("")), Request: r}, nil
}

// FuzzRequest holds that whatever a guest asks goes to nova as the guest's own and no other's, however it is spelt.
func FuzzRequest(f *testing.F) {
	for _, seed := range []string{
		"GET /latest/meta-data/ HTTP/1.1\r\nHost: 169.254.169.254\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\nX-Instance-ID: other\r\nx-instance-id: third\r\nX-Tenant-ID: other\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: x\r\nConnection: X-Instance-ID, X-Instance-ID-Signature, X-Forwarded-For\r\n\r\n", "GET http://nova/x HTTP/1.0\r\nX-Forwarded-For: 10.0.0.9\r\nForwarded: for=10.0.0.9\r\n\r\n",
		"POST /openstack/latest/password HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc", "GET //..//%2e%2e/a?b=%zz;c HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n", "PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX-Instance-ID: other\r\n\r\n",
	} {
		f.Add([]byte(seed))
	}
	n := &nova{}
	a := &Agent{Client: &http.Client{Transport: n}, Log: slog.New(slog.DiscardHandler), Config: Config{Nova: &url.URL{Scheme: "http", Host: "nova:8775"}, Secret: "s"}}
	owner := neutron.OwnedAddress{DeviceID: "guest", ProjectID: "project"}
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(raw)))
		if err != nil {
			return
		}
		n.asked = nil
		a.proxy(owner, netip.MustParseAddr("10.0.0.3")).ServeHTTP(httptest.NewRecorder(), r)
		if n.asked == nil {
			return
		}
		if n.asked.URL.Host != "nova:8775" || n.asked.URL.Scheme != "http" {
			t.Errorf("%q is asked", n.asked.URL)
		}
		for name, want := range map[string]string{headerInstance: "guest", headerProject: "project", headerSignature: a.sign("guest"), headerForwarded: "10.0.0.3"} {
			var got []string
			for key, values := range n.asked.Header {
				if strings.EqualFold(key, name) {
					got = append(got, values...)
				}
			}
			if len(got) != 1 || got[0] != want {
				t.Errorf("%s is %q", name, got)
			}
		}
		for key := range n.asked.Trailer {
			if strings.HasPrefix(strings.ToLower(key), "x-instance") {
				t.Errorf("the trailer %s goes on", key)
			}
		}
	})
}
