package transfer

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"

	"cumulet/glance"
	"cumulet/oslo/fault"
	"cumulet/oslo/outbound"
)

// Web is what may be fetched from the web, and how.
func Web(c glance.WebConfig) (outbound.Guard, error) {
	private, err := c.Private()
	return outbound.Guard{Private: private, Filter: outbound.Filter{
		AllowedSchemes: c.AllowedSchemes, DisallowedSchemes: c.DisallowedSchemes, AllowedHosts: c.AllowedHosts,
		DisallowedHosts: c.DisallowedHosts, AllowedPorts: c.AllowedPorts, DisallowedPorts: c.DisallowedPorts,
	}}, err
}

// Fetchable tells whether the operator's rules let a URL be fetched, as far as it can be seen from the URL.
func (t *Transfer) Fetchable(uri string) bool {
	u, err := url.Parse(uri)
	return err == nil && t.Web.Filter.Check(u) == nil
}

// fetch asks the web for bits. What it says of why it could not is told to the user who named the URL; that is no more than the
// user could see from elsewhere.
func (t *Transfer) fetch(ctx context.Context, url string) (io.ReadCloser, int64, error) {
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, 0, notFetched("the URL is none").Because(err)
	}
	q.Header.Set("Accept", "*/*")
	w, err := t.Web.Client().Do(q)
	if f := fault.Of(err); f != nil {
		return nil, 0, notFetched(f.Text).Because(err)
	}
	if err != nil {
		return nil, 0, fault.New(fault.Unavailable, "ImportTaskError", "The image could not be fetched: there is no answer.").Because(err)
	}
	if w.StatusCode != http.StatusOK {
		return nil, 0, errors.Join(notFetched("the answer is "+w.Status), w.Body.Close())
	}
	if w.ContentLength > t.SizeCap {
		return nil, 0, errors.Join(glance.TooLarge(), w.Body.Close())
	}
	return w.Body, w.ContentLength, nil
}

func notFetched(why string) *fault.Fault {
	return fault.New(fault.Invalid, "ImportTaskError", "The image could not be fetched: %s", why)
}
