package inventory

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/gophercloud/gophercloud/v2"

	"cumulet/oslo/fault"
)

// microversion is the placement API this package speaks.
const microversion = "1.39"

// Client asks placement as nova's service user.
type Client struct {
	Placement *gophercloud.ServiceClient
}

// do sends a request; out may be nil. Refusals are *refusal.
func (c *Client) do(ctx context.Context, method, path string, in, out any, ok ...int) error {
	options := &gophercloud.RequestOpts{
		OkCodes:     ok,
		MoreHeaders: map[string]string{"OpenStack-API-Version": "placement " + microversion},
	}
	if in != nil {
		options.JSONBody = in
	}
	if out != nil {
		options.JSONResponse = out
	} else {
		options.KeepResponseBody = true
	}
	answer, err := c.Placement.Request(ctx, method, c.Placement.ServiceURL(path), options)
	if answer != nil && out == nil {
		answer.Body.Close() //nolint:errcheck // nothing of it is read
	}
	if err == nil {
		return nil
	}
	var code gophercloud.ErrUnexpectedResponseCode
	if errors.As(err, &code) {
		return refused(method, path, code)
	}
	return fault.New(fault.Unavailable, "PlacementAPIConnectFailure", "Unable to communicate with the Placement API.").Because(err)
}

// refusal is an answer of placement that is not what was hoped for.
type refusal struct {
	status int
	code   string // "placement.concurrent_update"
	text   string
}

func (r *refusal) Error() string { return fmt.Sprintf("placement answers %d: %s", r.status, r.text) }

func refused(method, path string, e gophercloud.ErrUnexpectedResponseCode) error {
	r := &refusal{status: e.Actual, text: method + " " + path}
	var body struct {
		Errors []struct {
			Detail string `json:"detail"`
			Code   string `json:"code"`
		} `json:"errors"`
	}
	if json.Unmarshal(e.Body, &body) == nil && len(body.Errors) > 0 {
		r.code, r.text = body.Errors[0].Code, r.text+": "+body.Errors[0].Detail
	}
	if e.Actual == http.StatusServiceUnavailable || e.Actual == http.StatusUnauthorized {
		return fault.New(fault.Unavailable, "PlacementAPIConnectFailure", "Unable to communicate with the Placement API.").Because(r)
	}
	return r
}

// answered tells whether err is an answer of placement with the status.
func answered(err error, status int) bool {
	var r *refusal
	return errors.As(err, &r) && r.status == status
}
