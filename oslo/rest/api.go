package rest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"cumulet/oslo/fault"
	"cumulet/oslo/policy"
	"cumulet/oslo/telemetry"
)

// API is one service's wire face: its table, dialect and versions.
type API struct {
	Service string // as in logs and metrics: "neutron"
	Prefix  string // where the gateway mounts it: "/network"; stripped before routing
	Routes  []Route
	Dialect Dialect
	// Versions is nil where the API has no microversions.
	Versions *Versions
	Auth     Authenticator
	Policy   *policy.Enforcer
	Log      *slog.Logger
	// RouterFirst tells of paths that are not there without asking for a token.
	RouterFirst bool
	// ExactPaths has a path that ends with a slash be another; else it means the same place.
	ExactPaths bool
	// MaxBody bounds bodies, in bytes; 1 MiB when zero.
	MaxBody int64
	// Takes, where set, is the only media type of bodies on routes with a schema; others are faults of kind Unsupported.
	Takes string
	// Patience is how long a body may take to come, and a streamed one to go on; a minute when zero.
	Patience time.Duration
	// Keeper, where set, has POST requests with an Idempotency-Key answered once.
	Keeper Keeper

	tree  *node
	turns *turns
}

const (
	defaultMaxBody  = 1 << 20
	defaultPatience = time.Minute
)

// Handler checks the table and serves it: routes that overlap, or whose rule is not in the policy, are an error.
func (a *API) Handler() (http.Handler, error) {
	a.tree, a.turns = newNode(), newTurns()
	for i := range a.Routes {
		r := &a.Routes[i]
		r.span = a.Service + " " + r.Do
		if err := a.tree.add(r); err != nil {
			return nil, fmt.Errorf("%s: %w", a.Service, err)
		}
		if r.Run == nil {
			return nil, fmt.Errorf("%s: route %q does nothing", a.Service, r.Do)
		}
		if r.Rule != Public && (a.Policy == nil || !a.Policy.Has(r.Rule)) {
			return nil, fmt.Errorf("%s: route %q has the rule %q, which the policy lacks", a.Service, r.Do, r.Rule)
		}
	}
	a.MaxBody = cmp.Or(a.MaxBody, defaultMaxBody)
	a.Patience = cmp.Or(a.Patience, defaultPatience)
	return http.HandlerFunc(a.serve), nil
}

// serve takes one request through all that the package promises.
func (a *API) serve(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	id := telemetry.NewRequestID()
	ctx := telemetry.Serving(r.Context(), id, r.Header)
	c := &Call{api: a, Request: r, header: w.Header(), connection: http.NewResponseController(w)}
	c.header.Set("X-Openstack-Request-Id", id)
	if a.Service == "nova" { // as nova/api/openstack/__init__.py keeps its older name as well
		c.header.Set("X-Compute-Request-Id", id)
	}
	metrics := telemetry.MetricsOf(ctx)
	metrics.Begin(a.Service)
	defer metrics.End(a.Service)
	route, variables, not := a.find(c)
	ctx, end := telemetry.Start(ctx, a.span(route), slog.String("path", strings.Clone(r.URL.Path))) // else the span would keep the query, too
	var err error
	defer func() { end(err) }() // also when a download breaks off
	var out any
	if out, err = a.run(ctx, c, route, variables, not); r.ContentLength != 0 {
		c.hurry() // what nobody read of the body is read away before the connection serves again
	}
	write := a.answer
	if c.keyed != nil {
		write = a.answerKeyed
	}
	status := write(ctx, w, c, out, err)
	c.note(ctx, status)
	metrics.Request(a.Service, c.pattern(), status, time.Since(start))
	a.Log.DebugContext(ctx, "answered", "service", a.Service, "method", r.Method, "path", r.URL.Path, "status", status,
		"took", time.Since(start))
}

// span is what a request to the route, or to none, is called in a trace.
func (a *API) span(r *Route) string {
	if r == nil {
		return a.Service + " nowhere"
	}
	return r.span
}

// run is the order of things: version, route, token, body, schema, key, handler, authorized?
func (a *API) run(ctx context.Context, c *Call, route *Route, variables map[string]string, not missing) (out any, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic in %s: %v\n%s", c.pattern(), p, stack())
		}
	}()
	if err := a.route(ctx, c, route, variables, not); err != nil {
		return nil, err
	}
	ctx = telemetry.WithActor(ctx, c.actor())
	if err := a.take(c); err != nil {
		return nil, err
	}
	defer c.forget()
	if err := c.readBody(); err != nil {
		return nil, err
	}
	if c.Route.MaxBody >= 0 { // what streams its body takes long, and little at a time
		var done func()
		if ctx, done, err = a.turns.inTurn(ctx, c.caller(), len(c.Raw), a.Patience); err != nil {
			return nil, err
		}
		defer done()
	}
	if err := a.validate(c); err != nil {
		return nil, err
	}
	key, err := a.key(c)
	if err != nil {
		return nil, err
	}
	if key != "" {
		return a.once(ctx, c, key)
	}
	return a.handle(ctx, c)
}

// handle runs the handler, and sees that it asked whether it may.
func (a *API) handle(ctx context.Context, c *Call) (any, error) {
	out, err := c.Route.Run(ctx, c)
	if err == nil && !c.authorized && c.Route.Rule != Public {
		if s, ok := out.(*Stream); ok {
			s.Body.Close()
		}
		return nil, fmt.Errorf("%q answered without having authorized %q", c.Route.Do, c.Route.Rule)
	}
	return out, err
}

// missing is why a request has no version or no route.
type missing struct{ version, route error }

// find finds the version and the route of a request.
func (a *API) find(c *Call) (route *Route, variables map[string]string, not missing) {
	if a.Versions != nil {
		c.Version, not.version = a.Versions.negotiate(c.Request.Header)
	}
	path := strings.TrimPrefix(c.Request.URL.EscapedPath(), a.Prefix)
	route, variables, not.route = a.tree.match(c.Request.Method, path, c.Version, a.ExactPaths)
	return route, variables, not
}

// route confirms the token unless the route is public. A path that is not there is told only to those with a token, as the
// middleware stands before the router upstream; save where RouterFirst says else.
func (a *API) route(ctx context.Context, c *Call, route *Route, variables map[string]string, not missing) (err error) {
	refused, notFound := not.version, not.route
	if route != nil && route.Rule == Public {
		refused = cmpVersionless(route, refused)
	} else if a.RouterFirst && notFound != nil {
		return notFound
	} else if c.Who, err = a.Auth.Authenticate(ctx, c.Request); err != nil {
		return err
	}
	if refused != nil {
		return refused
	}
	if notFound != nil {
		return notFound
	}
	c.Route, c.path = route, variables
	for name, value := range variables {
		if c.path[name], err = url.PathUnescape(value); err != nil || strings.ContainsRune(c.path[name], 0) {
			return fault.New(fault.Invalid, "HTTPBadRequest", "The path is not well formed.")
		}
	}
	return nil
}

// cmpVersionless forgives a senseless version where the route is the same in all: version documents.
func cmpVersionless(r *Route, refused error) error {
	if r.Min.IsZero() && r.Max.IsZero() {
		return nil
	}
	return refused
}

// take refuses a body of another media type than the API's.
func (a *API) take(c *Call) error {
	if a.Takes == "" || len(c.Route.In) == 0 {
		return nil
	}
	given, _, _ := strings.Cut(c.Request.Header.Get("Content-Type"), ";")
	if given = strings.TrimSpace(given); given == a.Takes {
		return nil
	}
	return fault.New(fault.Unsupported, "HTTPUnsupportedMediaType", "The media type %s is not supported, use %s", cmp.Or(given, "None"), a.Takes)
}

// readBody reads a body whole, within bounds.
func (c *Call) readBody() error {
	limit := c.Route.MaxBody
	if limit < 0 || c.Request.Body == nil {
		return nil
	}
	if limit == 0 {
		limit = c.api.MaxBody
		if c.Route.Rule == Public {
			limit = min(limit, publicBody)
		}
	}
	tooLarge := fault.New(fault.TooLarge, "RequestTooLarge", "Request is too large.")
	if c.Request.ContentLength > limit {
		return tooLarge
	}
	c.kept = &kept{from: c.Request.Body, turns: c.api.turns, caller: c.caller()}
	c.hurry()
	b, err := io.ReadAll(io.LimitReader(c.kept, limit+1))
	c.rest()
	if fault.Is(err, fault.Unavailable) {
		return err
	}
	if err != nil {
		return fault.New(fault.Invalid, "HTTPBadRequest", "The request's body ended before its length.").Because(err)
	}
	if int64(len(b)) > limit {
		return tooLarge
	}
	c.Raw = b
	return nil
}

// forget gives back the room that the body took.
func (c *Call) forget() {
	if c.kept != nil {
		c.kept.done()
	}
}

// pattern is the route as metrics name it.
func (c *Call) pattern() string {
	if c.Route == nil {
		return "none"
	}
	return c.Route.Do
}

// faultOf gives the fault of an error; what is none is logged once, with its cause, and tells the caller nothing.
func (a *API) faultOf(ctx context.Context, c *Call, err error) *fault.Fault {
	if f := fault.Of(err); f != nil {
		if f.Cause != nil {
			a.Log.DebugContext(ctx, "refused", "route", c.pattern(), "who", c.Who, "error", err)
		}
		return f
	}
	if errors.Is(err, context.Canceled) {
		return fault.New(fault.Unavailable, "ClientClosed", "The caller went away.")
	}
	a.Log.ErrorContext(ctx, "failed", "route", c.pattern(), "who", c.Who, "error", err)
	return fault.New("internal", "InternalServerError", "%s", internalText)
}

// internalText is what a caller reads of a bug, as nova/api/openstack/wsgi.py words it.
const internalText = "Unexpected API Error. Please report the request id to the operators of this cloud."
