package http_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	web "cumulet/glance/store/http"
	"cumulet/glance/store/storetest"
	"cumulet/oslo/fault"
	"cumulet/oslo/outbound"
)

func open(private ...netip.Prefix) *web.Store {
	return &web.Store{StoreName: "web", Client: outbound.Guard{Private: private}.Client()}
}

func loopback() netip.Prefix { return netip.MustParsePrefix("127.0.0.1/32") }

func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

// servers are web servers as there are, by what they know.
func servers() map[string]func(bits []byte) http.HandlerFunc {
	return map[string]func(bits []byte) http.HandlerFunc{
		"with ranges": func(bits []byte) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				http.ServeContent(w, r, "image", time.Time{}, bytes.NewReader(bits))
			}
		},
		"without ranges": func(bits []byte) http.HandlerFunc {
			return func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Length", strconv.Itoa(len(bits)))
				w.Write(bits)
			}
		},
		"without HEAD": func(bits []byte) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodHead {
					w.WriteHeader(http.StatusMethodNotAllowed)
					return
				}
				http.ServeContent(w, r, "image", time.Time{}, bytes.NewReader(bits))
			}
		},
		"behind a redirect": func(bits []byte) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				if !strings.HasSuffix(r.URL.Path, "/moved") {
					http.Redirect(w, r, r.URL.Path+"/moved", http.StatusFound)
					return
				}
				http.ServeContent(w, r, "image", time.Time{}, bytes.NewReader(bits))
			}
		},
	}
}

func TestHTTPStoreConforms(t *testing.T) {
	for name, kind := range servers() {
		t.Run(name, func(t *testing.T) {
			storetest.RunReadOnly(t, func(t *testing.T) storetest.ReadOnly {
				var bits []byte
				address := serve(t, func(w http.ResponseWriter, r *http.Request) {
					if strings.HasPrefix(r.URL.Path, "/absent") {
						http.NotFound(w, r)
						return
					}
					kind(bits)(w, r)
				})
				return storetest.ReadOnly{
					Store: open(loopback()), Absent: address + "/absent",
					Lay: func(_ *testing.T, b []byte) string { bits = b; return address + "/image" },
				}
			})
		})
	}
}

func TestInnerServersAreNotRead(t *testing.T) {
	address := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("it was asked") })
	if _, err := open().Open(t.Context(), address, 0, -1); !fault.Is(err, fault.Forbidden) {
		t.Errorf("open: %v", err)
	}
	if _, err := open().Size(t.Context(), address); !fault.Is(err, fault.Forbidden) {
		t.Errorf("size: %v", err)
	}
}

func TestAnAnswerThatBreaksOffIsNotTakenForWhole(t *testing.T) {
	address := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		w.Write(make([]byte, 50))
	})
	r, err := open(loopback()).Open(t.Context(), address, 0, -1)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := io.ReadAll(r); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("%v", err)
	}
}

func TestAnotherStretchIsRefused(t *testing.T) {
	address := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Range", "bytes 0-3/8")
		w.WriteHeader(http.StatusPartialContent)
		w.Write([]byte("0123"))
	})
	if _, err := open(loopback()).Open(t.Context(), address, 4, 4); !fault.Is(err, fault.Invalid) {
		t.Errorf("%v", err)
	}
}

func TestPasswordsAreNotTold(t *testing.T) {
	s := open()
	for _, address := range []string{"http://user:hunter2@127.0.0.1/x", "ftp://user:hunter2@example.org/x", "http://user:hunter2@%zz/"} {
		_, err := s.Open(t.Context(), address, 0, -1)
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%v", err)
		}
	}
}
