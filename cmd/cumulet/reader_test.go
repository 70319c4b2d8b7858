package main

import (
	"bytes"
	"crypto/sha256"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// serving is a patient server of a large file.
func serving(t *testing.T, patience time.Duration, ended chan<- error) (s *httptest.Server, bits []byte) {
	t.Helper()
	bits = make([]byte, 8<<20)
	rand.NewChaCha8([32]byte{}).Read(bits) //nolint:errcheck // never fails
	path := filepath.Join(t.TempDir(), "bits")
	if err := os.WriteFile(path, bits, 0o600); err != nil {
		t.Fatal(err)
	}
	s = httptest.NewServer(patiently(patience, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var err error
		switch r.URL.Path {
		case "/whole":
			_, err = w.Write(bits)
		case "/few":
			_, err = w.Write([]byte("few"))
		default:
			var f *os.File
			if f, err = os.Open(path); err == nil {
				defer f.Close()
				from := io.Reader(f)
				if r.URL.Path == "/part" {
					from = io.LimitReader(f, 1<<20)
				} else if r.URL.Path == "/pieces" {
					from = struct{ io.Reader }{f}
				}
				_, err = io.Copy(w, from)
			}
		}
		ended <- err
	})))
	t.Cleanup(s.Close)
	return s, bits
}

func TestAnswersArriveWhole(t *testing.T) {
	t.Parallel()
	ended := make(chan error, 9)
	s, bits := serving(t, time.Minute, ended)
	for path, want := range map[string][]byte{"/whole": bits, "/file": bits, "/pieces": bits, "/part": bits[:1<<20], "/few": []byte("few")} {
		res, err := http.Get(s.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || sha256.Sum256(got) != sha256.Sum256(want) || !bytes.Equal(got, want) {
			t.Errorf("%s: %d bytes of %d %v", path, len(got), len(want), err)
		}
		if err := <-ended; err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// TestWhoDoesNotReadIsLeft holds that a caller who takes nothing holds nothing.
func TestWhoDoesNotReadIsLeft(t *testing.T) {
	t.Parallel()
	ended := make(chan error, 9)
	s, _ := serving(t, 50*time.Millisecond, ended)
	for _, path := range []string{"/whole", "/file", "/pieces"} {
		c, err := net.Dial("tcp", s.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if _, err := io.WriteString(c, "GET "+path+" HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		if err := <-ended; err == nil {
			t.Errorf("%s: all was sent", path)
		}
	}
}
