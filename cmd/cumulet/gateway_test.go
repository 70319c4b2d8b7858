package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"cumulet/oslo/telemetry"
)

// newGateway is one with an API that answers its path, or with what echo reads from the body.
func newGateway(ready map[string]bool) *gateway {
	return &gateway{
		apis: map[string]http.Handler{"/identity": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				w.WriteHeader(http.StatusBadRequest)
				return
			}
			fmt.Fprintf(w, "identity %s %s", r.URL.Path, body)
		})},
		ready: func() map[string]bool { return ready }, metrics: telemetry.NewMetrics(), url: "http://cloud.test", drainTimeout: time.Minute, patience: time.Minute,
	}
}

func TestGatewayPicksTheAPIByThePath(t *testing.T) {
	t.Parallel()
	g := newGateway(map[string]bool{"keystone": true})
	for path, want := range map[string]struct {
		status int
		body   string
	}{
		"/identity":      {200, "identity /identity"},
		"/identity/v3":   {200, "identity /identity/v3"},
		"/identityx":     {404, "No API has this path"},
		"/":              {200, `"identity":"http://cloud.test/identity"`},
		"//":             {404, "No API has this path"},
		"/x/../identity": {404, "No API has this path"},
		"/healthz":       {200, "alive"},
		"/readyz":        {200, `"keystone":true`},
		"/metrics":       {200, ""},
		"/metrics/x":     {404, "No API has this path"},
	} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest("GET", path, nil)
		r.RemoteAddr = "127.0.0.1:40000"
		g.ServeHTTP(w, r)
		if w.Code != want.status || !strings.Contains(w.Body.String(), want.body) {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
}

func TestNotReadyUntilAllRolesAre(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	newGateway(map[string]bool{"keystone": true, "nova-api": false}).ServeHTTP(w, httptest.NewRequest("GET", "/readyz", nil))
	if w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), `"nova-api":false`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestOwnAPIsAreCalledWithoutASocket(t *testing.T) {
	t.Parallel()
	client := http.Client{Transport: newGateway(nil)}
	answer, err := client.Get("http://cloud.test/identity/v3")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if body, err := io.ReadAll(answer.Body); err != nil || string(body) != "identity /identity/v3 " {
		t.Errorf("%q %v", body, err)
	}
}

func TestTakenPortIsSaid(t *testing.T) {
	t.Parallel()
	l, err := listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if _, err := listen(l.Addr().String()); err == nil || !strings.Contains(err.Error(), "is taken by another program") || !strings.Contains(err.Error(), l.Addr().String()) {
		t.Errorf("the error is %v", err)
	}
}

// beginUpload sends the head and a part of a request's body, and returns once the server has begun to read it.
func beginUpload(t *testing.T, address string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	_, err = io.WriteString(conn, "PUT /identity/slow HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n")
	if err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(io.LimitReader(conn, int64(len("HTTP/1.1 100 Continue\r\n\r\n")))).ReadString('\n')
	if err != nil || !strings.Contains(line, "100 Continue") {
		t.Fatalf("%q %v", line, err)
	}
	if _, err := io.WriteString(conn, "01234"); err != nil {
		t.Fatal(err)
	}
	return conn
}

func TestStopLetsAnUploadEnd(t *testing.T) {
	t.Parallel()
	g := newGateway(map[string]bool{"keystone": true})
	l, err := listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	served := make(chan error, 1)
	go func() { served <- g.serve(ctx, l) }()
	upload := beginUpload(t, l.Addr().String())
	url := "http://" + l.Addr().String()
	stop()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	status := func(path string) int {
		answer, err := client.Get(url + path)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		return answer.StatusCode
	}
	for status("/readyz") != http.StatusServiceUnavailable { // each asking is a round trip; it turns as soon as the stop is seen
	}
	if s := status("/identity"); s != http.StatusServiceUnavailable {
		t.Errorf("a new request gets %d", s)
	}
	if s := status("/healthz"); s != http.StatusOK {
		t.Errorf("healthz is %d", s)
	}
	if _, err := io.WriteString(upload, "56789"); err != nil {
		t.Fatal(err)
	}
	answer, err := http.ReadResponse(bufio.NewReader(upload), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if body, err := io.ReadAll(answer.Body); err != nil || string(body) != "identity /identity/slow 0123456789" {
		t.Errorf("the upload ends with %q %v", body, err)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
	if _, err := net.Dial("tcp", l.Addr().String()); err == nil {
		t.Error("the port is still open")
	}
}

func TestStopWaitsNoLongerThanItShould(t *testing.T) {
	t.Parallel()
	g := newGateway(nil)
	g.drainTimeout = 0
	l, err := listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	served := make(chan error, 1)
	go func() { served <- g.serve(ctx, l) }()
	upload := beginUpload(t, l.Addr().String())
	stop()
	if err := <-served; err != nil {
		t.Error(err)
	}
	text, err := io.ReadAll(upload) // to its end: the connection is closed or reset
	if strings.Contains(string(text), "200 OK") {
		t.Errorf("the upload is said to have gone well: %q (%v)", text, err)
	}
}
