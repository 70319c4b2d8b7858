package rest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"cumulet/oslo/fault"
	"cumulet/oslo/policy"
)

// Call is one request on its way through a handler.
type Call struct {
	Who     policy.Who
	Version Version
	Route   *Route
	Request *http.Request
	// Raw is the body, read whole; empty for routes whose MaxBody is negative: those read Body.
	Raw json.RawMessage

	api        *API
	path       map[string]string
	query      url.Values
	kept       *kept
	header     http.Header
	connection *http.ResponseController
	status     int
	authorized bool
	keyed      *keyed   // nil where no answer is to be kept
	decisions  []string // what rules said, for the trace
}

// Path is the value of a variable in the route's path.
func (c *Call) Path(name string) string { return c.path[name] }

// Query is the query string, read once: who changes it changes a clone.
func (c *Call) Query() url.Values {
	if c.query == nil {
		c.query = c.Request.URL.Query()
	}
	return c.query
}

// Body streams the body of a route whose MaxBody is negative.
func (c *Call) Body() io.Reader { return &patient{call: c} }

// Header is the answer's header.
func (c *Call) Header() http.Header { return c.header }

// SetStatus makes a good answer have another status than the route's.
func (c *Call) SetStatus(status int) { c.status = status }

// URL is the absolute address of a path of this API, as the caller reaches it.
func (c *Call) URL(path string) string {
	scheme := "http"
	if c.Request.TLS != nil {
		scheme = "https"
	}
	if forwarded := c.Request.Header.Get("X-Forwarded-Proto"); forwarded == "https" || forwarded == "http" {
		scheme = forwarded
	}
	return scheme + "://" + c.Request.Host + c.api.Prefix + path
}

// Authorize asks whether the caller may do what the route's rule names to target; the refusal is a fault of kind Forbidden.
func (c *Call) Authorize(target policy.Target) error { return c.AuthorizeRule(c.Route.Rule, target) }

// AuthorizeRule is Authorize by another rule than the route's.
func (c *Call) AuthorizeRule(rule string, target policy.Target) error {
	c.authorized = true
	d := c.api.Policy.Check(rule, c.Who, target)
	c.remember(d)
	if d.Allowed {
		return nil
	}
	return fault.New(fault.Forbidden, "PolicyNotAuthorized", "%s", c.api.Dialect.refusal(rule)).
		Because(errors.New(d.Why))
}

// Allowed asks by a rule without refusing: for what only some callers may see.
func (c *Call) Allowed(rule string, target policy.Target) bool {
	return c.api.Policy.Check(rule, c.Who, target).Allowed
}

// Mine is the target of things that belong to the caller's own project.
func (c *Call) Mine() policy.Target {
	return policy.Target{"project_id": c.Who.ProjectID, "user_id": c.Who.UserID}
}

// AuthorizeOwner is Authorize for a thing of a project, the usual case.
func (c *Call) AuthorizeOwner(projectID string) error {
	return c.Authorize(policy.Target{"project_id": projectID})
}

// Authenticator confirms a request's token; keystone/middleware is one. Its refusal is a fault of kind Unauthorized.
type Authenticator interface {
	Authenticate(ctx context.Context, r *http.Request) (policy.Who, error)
}

// bodyError says what is wrong with JSON without echoing it.
func bodyError(err error) string {
	var syntax *json.SyntaxError
	var mistyped *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return fmt.Sprintf("not JSON at byte %d", syntax.Offset)
	case errors.As(err, &mistyped):
		return fmt.Sprintf("%s must not be a %s", mistyped.Field, mistyped.Value)
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return "not JSON: it ends too early"
	}
	return err.Error()
}
