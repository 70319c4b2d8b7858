package rest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"

	"cumulet/oslo/fault"
)

// answer writes what a handler gave and tells the status. It is the only place that writes responses.
func (a *API) answer(ctx context.Context, w http.ResponseWriter, c *Call, out any, err error) int {
	if a.Versions != nil {
		a.Versions.announce(c.header, c.Version)
	}
	if err != nil {
		return a.refuse(w, c, a.faultOf(ctx, c, err))
	}
	status := c.Route.Status
	if c.status != 0 {
		status = c.status
	}
	switch out := out.(type) {
	case nil:
		if status != http.StatusNoContent && status != http.StatusNotModified {
			c.header.Set("Content-Length", "0")
		}
		w.WriteHeader(status)
	case *Stream:
		a.stream(ctx, w, c, status, out)
	case past:
		return a.repeat(w, c, out)
	default:
		return a.write(ctx, w, c, status, "application/json", out)
	}
	return status
}

// stream sends bytes; an error half-way can only break the connection, so that the caller notices.
func (a *API) stream(ctx context.Context, w http.ResponseWriter, c *Call, status int, s *Stream) {
	defer s.Body.Close()
	for name, values := range s.Header {
		c.header[name] = values
	}
	c.header.Set("Content-Type", s.Type)
	if s.Length >= 0 {
		c.header.Set("Content-Length", strconv.FormatInt(s.Length, 10))
	}
	w.WriteHeader(status)
	if c.Request.Method == http.MethodHead {
		return
	}
	if _, err := io.Copy(w, s.Body); err != nil {
		a.Log.InfoContext(ctx, "a download broke off", "route", c.Route.Do, "error", err)
		panic(http.ErrAbortHandler)
	}
}

// write sends JSON.
func (a *API) write(ctx context.Context, w http.ResponseWriter, c *Call, status int, contentType string, out any) int {
	b, ready := out.(json.RawMessage) // nothing looks into it once more
	var err error
	if !ready {
		b, err = json.Marshal(out)
	}
	if err != nil {
		a.Log.ErrorContext(ctx, "an answer is not JSON", "route", c.pattern(), "error", err)
		status, b = http.StatusInternalServerError, []byte(`{}`)
	}
	if c.header.Get("Content-Type") == "" {
		c.header.Set("Content-Type", contentType)
	}
	c.header.Set("Content-Length", strconv.Itoa(len(b)))
	w.WriteHeader(status)
	if c.Request.Method != http.MethodHead {
		_, _ = w.Write(b) // the caller may be gone; nobody is left to tell
	}
	return status
}

// Page is an error body that is no JSON: text with its type, as WebOb's error pages.
type Page struct{ Type, Text string }

// refuse sends a fault in the service's dialect.
func (a *API) refuse(w http.ResponseWriter, c *Call, f *fault.Fault) int {
	status := a.Dialect.status(f)
	if allow, ok := f.Details["allow"].(string); ok && status == http.StatusMethodNotAllowed {
		c.header.Set("Allow", allow)
	}
	var body any
	if status == http.StatusUnauthorized && a.Dialect.Unauthorized != nil {
		body = a.Dialect.Unauthorized(c, c.header)
	} else {
		body = a.Dialect.Body(c, status, f)
	}
	if c.Request.Body != nil && c.Request.ContentLength != 0 && c.Route == nil {
		// Read a little of an unread body so that the caller sees the answer instead of a broken pipe.
		_, _ = io.CopyN(io.Discard, c.Request.Body, defaultMaxBody)
	}
	page, isPage := body.(Page)
	if !isPage {
		return a.write(c.Request.Context(), w, c, status, "application/json", body)
	}
	c.header.Set("Content-Type", page.Type)
	c.header.Set("Content-Length", strconv.Itoa(len(page.Text)))
	w.WriteHeader(status)
	if c.Request.Method != http.MethodHead {
		_, _ = io.WriteString(w, page.Text)
	}
	return status
}

// stack is the trace of a panic, shortened.
func stack() string {
	s := string(debug.Stack())
	if lines := strings.Split(s, "\n"); len(lines) > 40 {
		s = strings.Join(lines[:40], "\n")
	}
	return s
}

// KeystoneUnauthorized is the 401 that keystonemiddleware puts before every service but keystone.
func KeystoneUnauthorized(keystoneURL string) func(c *Call, h http.Header) any {
	return func(_ *Call, h http.Header) any {
		h.Set("WWW-Authenticate", fmt.Sprintf("Keystone uri=%q", keystoneURL))
		return map[string]any{"error": map[string]any{
			"code": 401, "title": "Unauthorized", "message": "The request you have made requires authentication.",
		}}
	}
}
