package collect

import (
	"context"
	"log/slog"
	"net/http"

	"cumulet/oslo/fault"
	"cumulet/oslo/policy"
	"cumulet/oslo/rest"
	"cumulet/oslo/telemetry"
)

// API serves traces to operators. It is an extension of this system: OpenStack has no such API.
type API struct {
	Collector *Collector
	Auth      rest.Authenticator
	Policy    *policy.Enforcer
	Prefix    string // where the gateway mounts it
	Log       *slog.Logger
}

// Rules are its policy rules: what a request did is for the cloud's administrators, since others' names and ids are in it.
func Rules() []policy.Rule {
	return []policy.Rule{{Name: "telemetry:get_trace", Check: "role:admin", Doc: "Show what a request did, with a system or project token."}}
}

// Routes are its routes.
func (a *API) Routes() []rest.Route {
	return []rest.Route{{Do: "GET /{request_id}", Rule: "telemetry:get_trace", Status: http.StatusOK, Run: rest.Get(a.show)}}
}

// Handler serves it.
func (a *API) Handler() (http.Handler, error) {
	return (&rest.API{
		Service: "telemetry", Prefix: a.Prefix, Routes: a.Routes(), Auth: a.Auth, Policy: a.Policy, Log: a.Log,
		Dialect: rest.Dialect{Body: func(_ *rest.Call, status int, f *fault.Fault) any {
			return map[string]any{"error": map[string]any{"code": status, "title": http.StatusText(status), "message": f.Text}}
		}},
	}).Handler()
}

// body is the answer's form.
type body struct {
	Trace Trace `json:"trace"`
}

func (a *API) show(ctx context.Context, c *rest.Call) (body, error) {
	if err := c.Authorize(policy.Target{}); err != nil {
		return body{}, err
	}
	if c.Who.ProjectID == "" && c.Who.SystemScope == "" {
		return body{}, fault.New(fault.Forbidden, "PolicyNotAuthorized", "A token for a project or for the system is needed.")
	}
	id := c.Path("request_id")
	if !telemetry.ValidRequestID(id) {
		return body{}, fault.New(fault.Invalid, "RequestIDInvalid", "A request id is req- and a UUID in lower case.")
	}
	t, err := a.Collector.Trace(ctx, id)
	if err != nil {
		return body{}, err
	}
	if len(t.Spans) == 0 {
		return body{}, fault.New(fault.NotFound, "TraceNotFound",
			"Nothing is known of request %s: it is not of this cloud, or so long ago that it is forgotten.", id)
	}
	return body{t}, nil
}
