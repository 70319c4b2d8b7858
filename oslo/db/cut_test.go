package db_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"cumulet/oslo/db/dbtest"
)

// TestCommitWithoutAnswerIsDoneOnce cuts connections at the commit: before the server has it, and after, before the answer.
func TestCommitWithoutAnswerIsDoneOnce(t *testing.T) {
	t.Parallel()
	for _, e := range dbtest.Engines()[1:] {
		t.Run(e.Name, func(t *testing.T) {
			t.Parallel()
			address, p := newProxy(t, e.URL(t))
			d := openAt(t, address, sums())
			for i, how := range []cut{never, unheard, unanswered, never, unanswered, unheard, never} {
				p.next.Store(int32(how))
				if err := add(t.Context(), d, fmt.Sprint(i)); err != nil {
					t.Errorf("cut %d: %v", how, err)
				}
				if left := cut(p.next.Load()); left != never {
					t.Errorf("no commit was seen that could be cut")
				}
				holds(t, d, i+1)
			}
		})
	}
}

// cut is where a proxy cuts the next connection that commits.
type cut int32

const (
	never      cut = iota
	unheard        // the server does not get the commit
	unanswered     // the server does, and its answer goes nowhere
)

// proxy stands between a test and a server.
type proxy struct {
	server string
	next   atomic.Int32
	all    sync.WaitGroup
}

// newProxy gives the address of the same database behind a proxy.
func newProxy(t *testing.T, address string) (string, *proxy) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	folder, err := os.MkdirTemp("", "cumulet-proxy-") // t.TempDir() may be too long for a socket's name
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	p, socket := &proxy{server: q.Get("socket")}, filepath.Join(folder, ".s.PGSQL.5432")
	if host := q.Get("host"); host != "" {
		p.server = filepath.Join(host, ".s.PGSQL.5432")
		q.Set("host", folder)
	} else {
		q.Set("socket", socket)
	}
	u.RawQuery = q.Encode()
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	p.all.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			p.all.Go(func() { p.serve(t, client) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		p.all.Wait()
		os.RemoveAll(folder)
	})
	return u.String(), p
}

func (p *proxy) serve(t *testing.T, client net.Conn) {
	server, err := net.Dial("unix", p.server)
	if err != nil {
		t.Error(err)
		client.Close()
		return
	}
	var mute atomic.Bool
	p.all.Go(func() {
		defer client.Close()
		answers := make([]byte, 1<<16)
		for {
			n, err := server.Read(answers)
			if err != nil || mute.Load() { // the server has answered the commit: it is done
				server.Close()
				return
			}
			if _, err := client.Write(answers[:n]); err != nil {
				server.Close()
				return
			}
		}
	})
	defer server.Close()
	asked := make([]byte, 1<<16)
	for {
		n, err := client.Read(asked)
		if err != nil {
			return
		}
		if bytes.Contains(bytes.ToUpper(asked[:n]), []byte("COMMIT")) {
			switch cut(p.next.Swap(int32(never))) {
			case unheard:
				return
			case unanswered:
				mute.Store(true)
				if _, err := server.Write(asked[:n]); err == nil {
					io.Copy(io.Discard, client) //nolint:errcheck // until the answer ends both
				}
				return
			}
		}
		if _, err := server.Write(asked[:n]); err != nil {
			return
		}
	}
}
