package hostile

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"cumulet/test/cloud"
)

// TestRequestsAreToldApart sends what servers one behind the other read differently: whatever it is, nothing of a body is
// ever taken for a request.
func TestRequestsAreToldApart(t *testing.T) {
	c := cloud.Start(t)
	mallory := c.Account(t, c.Admin(t), "mallory", "member")
	host := strings.TrimPrefix(c.URL, "http://")
	const post, hidden = "POST /network/v2.0/networks HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n", "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
	token := "X-Auth-Token: " + mallory.Token + "\r\n"
	for name, one := range map[string]struct {
		text    string
		answers int // at most
	}{
		"length and chunks":         {post + token + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + hidden, 2},
		"chunks and length":         {post + "Transfer-Encoding: chunked\r\nContent-Length: 100\r\n\r\n0\r\n\r\n", 1},
		"two lengths":               {post + token + "Content-Length: 0\r\nContent-Length: 44\r\n\r\n" + hidden, 1},
		"a list of lengths":         {post + "Content-Length: 0, 44\r\n\r\n" + hidden, 1},
		"a length with a sign":      {post + "Content-Length: +0\r\n\r\n" + hidden, 1},
		"chunked, spelt oddly":      {post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + hidden, 1},
		"chunked with a space":      {post + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + hidden, 1},
		"chunked twice":             {post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n" + hidden, 1},
		"chunked with another":      {post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" + hidden, 1},
		"a folded header":           {post + "Content-Length: 0\r\n Transfer-Encoding: chunked\r\n\r\n", 1},
		"a chunk of minus one":      {post + token + "Transfer-Encoding: chunked\r\n\r\n-1\r\n" + hidden, 1},
		"a chunk beyond all":        {post + token + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n" + hidden, 1},
		"an extension without end":  {post + token + "Transfer-Encoding: chunked\r\n\r\n1;" + strings.Repeat("a", 1<<20) + "\r\n", 1},
		"a request in the body":     {post + token + fmt.Sprintf("Content-Length: %d\r\n\r\n", len(hidden)) + hidden, 1},
		"HTTP/1.0 and chunks":       {"POST /network/v2.0/networks HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + hidden, 1},
		"a line feed in a header":   {"GET /network/v2.0/networks HTTP/1.1\r\nHost: x\r\nX-A: b\nX-Auth-Token: y\r\n\r\n", 1},
		"a NUL in the path":         {"GET /network/v2.0/networks\x00 HTTP/1.1\r\nHost: x\r\n\r\n", 1},
		"two hosts":                 {"GET /healthz HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 1},
		"an address":                {"GET http://elsewhere/healthz HTTP/1.1\r\nHost: x\r\n\r\n", 1},
		"a connection":              {"CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: x\r\n\r\n", 1},
		"another protocol":          {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 1},
		"squeezed, claiming little": {post + token + "Content-Encoding: gzip\r\nContent-Length: 20\r\n\r\n\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00", 1},
	} {
		conn, err := net.Dial("tcp", host)
		if err != nil {
			t.Fatal(err)
		}
		if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		go func() {
			_, _ = io.WriteString(conn, one.text) // it may be refused before its end
			if tcp, ok := conn.(*net.TCPConn); ok {
				_ = tcp.CloseWrite()
			}
		}()
		answers := 0
		for from := bufio.NewReader(conn); ; answers++ {
			res, err := http.ReadResponse(from, nil)
			if err != nil {
				break
			}
			_, _ = io.Copy(io.Discard, res.Body)
			switch res.StatusCode {
			case http.StatusNotImplemented, http.StatusHTTPVersionNotSupported:
			case http.StatusServiceUnavailable: // who has ended its side is taken for gone, and what was asked for it is broken off
			default:
				if res.StatusCode == http.StatusCreated || res.StatusCode >= http.StatusInternalServerError {
					t.Errorf("%s: %s", name, res.Status)
				}
			}
		}
		if answers > one.answers {
			t.Errorf("%s: %d answers", name, answers)
		}
		conn.Close()
	}
}
