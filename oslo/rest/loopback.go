package rest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"sync"

	"cumulet/oslo/telemetry"
)

// Loopback is an http.RoundTripper that hands requests to a handler of this process, with no socket between: how services
// that run together call each other. Bodies stream in both directions.
type Loopback struct{ Handler http.Handler }

// RoundTrip serves the request; it returns once the header is written.
func (l Loopback) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancel(r.Context())
	inner := r.Clone(ctx)
	inner.RequestURI = r.URL.RequestURI()
	inner.RemoteAddr = loopbackHost // no socket has this port
	if inner.Host == "" {
		inner.Host = r.URL.Host
	}
	if inner.Body == nil {
		inner.Body = http.NoBody
	}
	telemetry.Send(ctx, inner.Header)
	read, write := io.Pipe()
	w := &loopbackWriter{header: http.Header{}, pipe: write, written: make(chan struct{})}
	go func() {
		defer inner.Body.Close()
		defer func() {
			if p := recover(); p != nil {
				w.broken = errors.New("the handler broke off")
				w.WriteHeader(http.StatusInternalServerError)
			}
			w.WriteHeader(http.StatusOK)
			write.CloseWithError(w.broken)
		}()
		l.Handler.ServeHTTP(w, inner)
	}()
	select {
	case <-w.written:
	case <-ctx.Done():
		cancel()
		read.CloseWithError(ctx.Err())
		return nil, ctx.Err()
	}
	length := int64(-1)
	if n, err := strconv.ParseInt(w.sent.Get("Content-Length"), 10, 64); err == nil {
		length = n
	}
	return &http.Response{
		Status: http.StatusText(w.status), StatusCode: w.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: w.sent, Body: &loopbackBody{read, cancel}, ContentLength: length, Request: r,
	}, nil
}

// loopbackWriter is the handler's side.
type loopbackWriter struct {
	header, sent http.Header
	pipe         *io.PipeWriter
	once         sync.Once
	written      chan struct{}
	status       int
	broken       error
}

func (w *loopbackWriter) Header() http.Header { return w.header }

func (w *loopbackWriter) WriteHeader(status int) {
	w.once.Do(func() {
		w.status, w.sent = status, w.header.Clone()
		close(w.written)
	})
}

func (w *loopbackWriter) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.pipe.Write(b)
}

// Flush is there for streams: nothing is held back.
func (w *loopbackWriter) Flush() { w.WriteHeader(http.StatusOK) }

// loopbackBody is the caller's side; closing it early breaks the handler's writes and ends its context.
type loopbackBody struct {
	*io.PipeReader
	cancel context.CancelFunc
}

func (b *loopbackBody) Close() error {
	b.cancel()
	return b.PipeReader.Close()
}
