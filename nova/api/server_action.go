package api

import (
	"context"
	"encoding/json"
	"strings"

	"cumulet/nova"
	"cumulet/oslo/rest"
)

// serverAction is one member of the body of POST /servers/{id}/action.
type serverAction struct {
	name, rule string
	schema     rest.Schemas
	run        func(ctx context.Context, c *rest.Call, s nova.Server, in json.RawMessage) (any, error)
}

// simple is an action whose value does not matter.
func simple(name, rule string, run func(ctx context.Context, c *rest.Call, id string) error) serverAction {
	return serverAction{name: name, rule: "os_compute_api:" + rule, run: func(ctx context.Context, c *rest.Call, s nova.Server, _ json.RawMessage) (any, error) {
		return nil, run(ctx, c, s.ID)
	}}
}

// serverActions is the table of what may be done to a server; all answer 202 without a body unless they give one.
func (a *API) serverActions() []serverAction {
	m := a.Manager
	return []serverAction{
		simple("os-start", "servers:start", func(ctx context.Context, c *rest.Call, id string) error { return m.StartServer(ctx, c.Who, id) }),
		simple("os-stop", "servers:stop", func(ctx context.Context, c *rest.Call, id string) error { return m.StopServer(ctx, c.Who, id) }),
		simple("pause", "os-pause-server:pause", func(ctx context.Context, c *rest.Call, id string) error { return m.PauseServer(ctx, c.Who, id) }),
		simple("unpause", "os-pause-server:unpause", func(ctx context.Context, c *rest.Call, id string) error { return m.UnpauseServer(ctx, c.Who, id) }),
		simple("suspend", "os-suspend-server:suspend", func(ctx context.Context, c *rest.Call, id string) error { return m.SuspendServer(ctx, c.Who, id) }),
		simple("resume", "os-suspend-server:resume", func(ctx context.Context, c *rest.Call, id string) error { return m.ResumeServer(ctx, c.Who, id) }),
		simple("forceDelete", "os-deferred-delete:force", func(ctx context.Context, c *rest.Call, id string) error { return m.DeleteServer(ctx, c.Who, id) }),
		simple("unlock", "os-lock-server:unlock", a.unlockServer),
		{"lock", "os_compute_api:os-lock-server:lock", lockSchemas(), a.lockServer},
		{"reboot", "os_compute_api:servers:reboot", rest.Body(rest.MustSchema(wrapped("reboot",
			object(`"type": {"type": "string", "enum": ["HARD", "Hard", "hard", "SOFT", "Soft", "soft"]}`, "type")))), a.rebootServer},
		{"os-resetState", "os_compute_api:os-admin-actions:reset_state", rest.Body(rest.MustSchema(wrapped("os-resetState",
			object(`"state": {"type": "string", "enum": ["active", "error"]}`, "state")))), a.resetState},
		{"os-getConsoleOutput", "os_compute_api:os-console-output", rest.Body(rest.MustSchema(wrapped("os-getConsoleOutput",
			object(`"length": {"type": ["integer", "string", "null"], "pattern": "^-?[0-9]+$", "maxLength": 10, "minimum": -1}`, "")))), a.consoleOutput},
	}
}

func (a *API) serverActionRoutes() []rest.Route {
	table := map[string]serverAction{}
	for _, action := range a.serverActions() {
		table[action.name] = action
	}
	return []rest.Route{{
		Do: "POST /v2.1/servers/{id}/action", Rule: "os_compute_api:servers:show", Status: 202,
		Run: func(ctx context.Context, c *rest.Call) (any, error) { return a.actOnServer(ctx, c, table) },
	}}
}

// actOnServer finds the action that the body names; as nova/api/openstack/wsgi.py, action_peek.
func (a *API) actOnServer(ctx context.Context, c *rest.Call, table map[string]serverAction) (any, error) {
	var body map[string]json.RawMessage
	if json.Unmarshal(c.Raw, &body) != nil || len(body) != 1 {
		return nil, bad(malformed)
	}
	for name, in := range body {
		action, known := table[name]
		if !known {
			return nil, bad("There is no such action: %s", name)
		}
		if err := c.Check(action.schema); err != nil {
			return nil, err
		}
		s, err := a.serverBy(ctx, c, action.rule)
		if err != nil {
			return nil, err
		}
		return action.run(ctx, c, s, in)
	}
	return nil, nil
}

func lockSchemas() rest.Schemas {
	reason := `{"anyOf": [{"type": "null"}, ` + object(`"locked_reason": {"type": "string", "minLength": 1, "maxLength": 255}`, "") + `]}`
	return rest.Schemas{}.From(rest.V(2, 73), rest.MustSchema(wrapped("lock", reason)))
}

func (a *API) lockServer(ctx context.Context, c *rest.Call, s nova.Server, in json.RawMessage) (any, error) {
	var lock struct {
		Reason *string `json:"locked_reason"`
	}
	if c.Version.AtLeast(2, 73) {
		if err := json.Unmarshal(in, &lock); err != nil {
			return nil, bad(malformed)
		}
	}
	return nil, a.Manager.LockServer(ctx, c.Who, s.ID, lock.Reason)
}

func (a *API) unlockServer(ctx context.Context, c *rest.Call, id string) error {
	overrides := c.Allowed("os_compute_api:os-lock-server:unlock:unlock_override", c.Mine())
	return a.Manager.UnlockServer(ctx, c.Who, id, overrides)
}

func (a *API) rebootServer(ctx context.Context, c *rest.Call, s nova.Server, in json.RawMessage) (any, error) {
	var reboot struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(in, &reboot); err != nil {
		return nil, bad(malformed)
	}
	return nil, a.Manager.RebootServer(ctx, c.Who, s.ID, strings.EqualFold(reboot.Type, "hard"))
}

func (a *API) resetState(ctx context.Context, c *rest.Call, s nova.Server, in json.RawMessage) (any, error) {
	var reset struct {
		State nova.VMState `json:"state"`
	}
	if err := json.Unmarshal(in, &reset); err != nil {
		return nil, bad(malformed)
	}
	return nil, a.Manager.ResetState(ctx, c.Who, s.ID, reset.State)
}

// consoleOutput gives the last lines of the console; as nova/api/openstack/compute/console_output.py, control characters
// are left out.
func (a *API) consoleOutput(ctx context.Context, c *rest.Call, s nova.Server, in json.RawMessage) (any, error) {
	var ask struct {
		Length *number `json:"length"`
	}
	if err := json.Unmarshal(in, &ask); err != nil {
		return nil, bad(malformed)
	}
	lines := 0
	if ask.Length != nil && *ask.Length > 0 {
		lines = int(*ask.Length)
	}
	c.SetStatus(200)
	if ask.Length != nil && *ask.Length == 0 {
		return view{"output": ""}, nil
	}
	output, err := a.Manager.ConsoleOutput(ctx, c.Who, s.ID, lines)
	if err != nil {
		return nil, err
	}
	return view{"output": strings.Map(func(r rune) rune {
		if r < 0x20 && r != '\t' && r != '\n' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(output, "\uFFFD"))}, nil
}
