package network

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"sync"

	"github.com/gophercloud/gophercloud/v2"

	"cumulet/oslo/fault"
	"cumulet/oslo/policy"
)

// Client asks neutron: as the caller for what the caller may see, else as nova's service user.
type Client struct {
	Neutron *gophercloud.ServiceClient

	mu         sync.Mutex
	extensions []string // aliases, once asked
}

// as gives a client with the caller's own token; nova's own where the caller has none.
func (c *Client) as(who policy.Who) *gophercloud.ServiceClient {
	if who.Token == "" {
		return c.Neutron
	}
	theirs := *c.Neutron
	theirs.ProviderClient = &gophercloud.ProviderClient{
		HTTPClient: c.Neutron.HTTPClient, UserAgent: c.Neutron.UserAgent, TokenID: who.Token,
	}
	return &theirs
}

// get reads path with a query into out.
func get(ctx context.Context, n *gophercloud.ServiceClient, path string, query url.Values, out any) error {
	address := n.ServiceURL(path)
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	_, err := n.Get(ctx, address, out, nil)
	return worded(err)
}

// send writes in to path and reads the answer into out, where it is not nil.
func send(ctx context.Context, n *gophercloud.ServiceClient, method, path string, in, out any) error {
	options := &gophercloud.RequestOpts{
		OkCodes: []int{http.StatusOK, http.StatusCreated, http.StatusNoContent}, JSONBody: in, JSONResponse: out,
	}
	if in == nil {
		options.JSONBody = nil
	}
	options.KeepResponseBody = out == nil
	answer, err := n.Request(ctx, method, n.ServiceURL(path), options)
	if answer != nil && out == nil {
		answer.Body.Close() //nolint:errcheck // nothing of it is read
	}
	return worded(err)
}

// worded makes a fault of neutron's refusal, with neutron's own words; what is no answer is a part that is away.
func worded(err error) error {
	if err == nil {
		return nil
	}
	var code gophercloud.ErrUnexpectedResponseCode
	if !errors.As(err, &code) {
		return fault.New(fault.Unavailable, "NeutronConnectionFailed", "Unable to communicate with the Networking service.").Because(err)
	}
	var body struct {
		NeutronError struct {
			Type    string `json:"type"`
			Message string `json:"message"`
		}
	}
	text, name := http.StatusText(code.Actual), "NeutronClientException"
	if json.Unmarshal(code.Body, &body) == nil && body.NeutronError.Message != "" {
		text, name = body.NeutronError.Message, body.NeutronError.Type
	}
	kinds := map[int]fault.Kind{
		http.StatusBadRequest: fault.Invalid, http.StatusForbidden: fault.Forbidden, http.StatusNotFound: fault.NotFound,
		http.StatusConflict: fault.Conflict,
	}
	kind, ok := kinds[code.Actual]
	if !ok {
		kind = fault.Unavailable
	}
	return fault.New(kind, name, "%s", text).Because(err)
}

// has tells whether neutron has an extension.
func (c *Client) has(ctx context.Context, alias string) (bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.extensions == nil {
		var answer struct {
			Extensions []struct {
				Alias string `json:"alias"`
			} `json:"extensions"`
		}
		if err := get(ctx, c.Neutron, "extensions", nil, &answer); err != nil {
			return false, err
		}
		c.extensions = []string{}
		for _, e := range answer.Extensions {
			c.extensions = append(c.extensions, e.Alias)
		}
	}
	return slices.Contains(c.extensions, alias), nil
}
