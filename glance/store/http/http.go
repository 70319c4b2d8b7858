package http

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"cumulet/glance/store"
	"cumulet/oslo/fault"
)

// Store reads URLs.
type Store struct {
	StoreName string
	// Client must be one that refuses the cloud's own machines: users choose the URLs. outbound makes such.
	Client *http.Client
}

// Name is how the cloud calls this store.
func (s *Store) Name() string { return s.StoreName }

// Kind is "http".
func (s *Store) Kind() string { return "http" }

// Properties are none, as glance/api/v2/discovery.py, _get_http_properties.
func (s *Store) Properties() map[string]any { return map[string]any{} }

// URL is the key itself, without a password.
func (s *Store) URL(key string) string {
	u, err := url.Parse(key)
	if err != nil {
		return ""
	}
	u.User = nil
	return u.String()
}

// Put refuses.
func (s *Store) Put(context.Context, string, io.Reader, int64) (int64, error) {
	return 0, store.ReadOnly()
}

// Delete refuses.
func (s *Store) Delete(context.Context, string) error { return store.NoDelete() }

// Keys are none: who knows what lies on a web server?
func (s *Store) Keys(context.Context) iter.Seq2[store.Key, error] {
	return func(func(store.Key, error) bool) {}
}

// bad is a URL that cannot be read. As glance_store/exceptions.py, BadStoreUri.
func bad(format string, args ...any) *fault.Fault {
	return fault.New(fault.Invalid, "BadStoreUri", "The Store URI was malformed: %s", fmt.Sprintf(format, args...))
}

// parse reads a key. No error repeats it whole, since it may hold a password.
func parse(key string) (*url.URL, error) {
	u, err := url.Parse(key)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.Opaque != "" {
		return nil, bad("an address of http or https is wanted.")
	}
	return u, nil
}

// ask sends a request and judges the answer's status. The caller closes the body.
func (s *Store) ask(ctx context.Context, method string, u *url.URL, stretch string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, method, u.String(), nil)
	if err != nil {
		return nil, bad("%s", u.Redacted())
	}
	r.Header.Set("Accept-Encoding", "identity")
	if stretch != "" {
		r.Header.Set("Range", stretch)
	}
	answer, err := s.Client.Do(r)
	if err != nil {
		if fault.Of(err) != nil || ctx.Err() != nil {
			return nil, err
		}
		return nil, store.Away(s.StoreName, err)
	}
	switch {
	case answer.StatusCode == http.StatusOK, answer.StatusCode == http.StatusPartialContent,
		answer.StatusCode == http.StatusRequestedRangeNotSatisfiable && stretch != "":
		return answer, nil
	case answer.StatusCode == http.StatusNotFound, answer.StatusCode == http.StatusGone:
		err = store.NotFound(s.StoreName, u.Redacted())
	case answer.StatusCode >= http.StatusInternalServerError:
		err = store.Away(s.StoreName, fmt.Errorf("%s answers %s", u.Redacted(), answer.Status))
	default:
		err = bad("%s answers %s.", u.Redacted(), answer.Status)
	}
	answer.Body.Close()
	return nil, err
}

// Open asks for a stretch, and finds it itself where the server gives all.
func (s *Store) Open(ctx context.Context, key string, offset, length int64) (io.ReadCloser, error) {
	u, err := parse(key)
	if err != nil {
		return nil, err
	}
	stretch := ""
	if offset > 0 || length >= 0 {
		stretch = fmt.Sprintf("bytes=%d-", offset)
		if length > 0 {
			stretch += strconv.FormatInt(offset+length-1, 10)
		}
	}
	answer, err := s.ask(ctx, http.MethodGet, u, stretch)
	if err != nil {
		return nil, err
	}
	body, err := cut(answer, offset, length)
	if err != nil {
		answer.Body.Close()
		return nil, bad("%s: %s", u.Redacted(), err)
	}
	return body, nil
}

// cut takes the stretch out of what was answered.
func cut(answer *http.Response, offset, length int64) (io.ReadCloser, error) {
	reader := io.Reader(answer.Body)
	switch answer.StatusCode {
	case http.StatusRequestedRangeNotSatisfiable: // behind the end there is nothing
		reader = strings.NewReader("")
	case http.StatusPartialContent:
		first, _, err := contentRange(answer)
		if err != nil || first != offset {
			return nil, errors.New("another stretch was answered than asked for")
		}
	default:
		if n, err := io.CopyN(io.Discard, reader, offset); err != nil && err != io.EOF {
			return nil, fmt.Errorf("it broke off after %d bytes", n)
		}
	}
	if length >= 0 {
		reader = io.LimitReader(reader, length)
	}
	return struct {
		io.Reader
		io.Closer
	}{reader, answer.Body}, nil
}

// contentRange reads where a stretch begins and how much there is in all.
func contentRange(answer *http.Response) (first, size int64, err error) {
	_, err = fmt.Sscanf(strings.Replace(answer.Header.Get("Content-Range"), "-", " ", 1), "bytes %d %d/%d", &first, new(int64), &size)
	return first, size, err
}

// Size asks how much there is; of a server that tells so of a stretch only, by asking for its first byte.
func (s *Store) Size(ctx context.Context, key string) (int64, error) {
	u, err := parse(key)
	if err != nil {
		return 0, err
	}
	answer, err := s.ask(ctx, http.MethodHead, u, "")
	if err == nil {
		answer.Body.Close()
		if answer.ContentLength >= 0 {
			return answer.ContentLength, nil
		}
	}
	if f := fault.Of(err); err != nil && (f == nil || f.Name != bad("").Name) { // that it knows no HEAD says nothing of GET
		return 0, err
	}
	answer, err = s.ask(ctx, http.MethodGet, u, "bytes=0-0")
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	if answer.StatusCode == http.StatusOK && answer.ContentLength >= 0 {
		return answer.ContentLength, nil
	}
	if _, size, err := contentRange(answer); err == nil && answer.StatusCode == http.StatusPartialContent {
		return size, nil
	}
	return 0, bad("%s does not say how long it is.", u.Redacted())
}
