package api

import (
	"context"

	"cumulet/nova"
	"cumulet/oslo/policy"
	"cumulet/oslo/rest"
)

func (a *API) actionRoutes() []rest.Route {
	const at, rule = "GET /v2.1/servers/{id}/os-instance-actions", "os_compute_api:os-instance-actions:"
	q := rest.Schemas{}.From(rest.V(2, 58), actionQuery("limit", "marker", "changes-since")).
		From(rest.V(2, 66), actionQuery("limit", "marker", "changes-since", "changes-before"))
	return []rest.Route{
		{Do: at, Rule: rule + "list", Query: q, Status: 200, Run: rest.Get(a.listActions)},
		{Do: at + "/{request_id}", Rule: rule + "show", Status: 200, Run: rest.Get(a.showAction)},
	}
}

func actionQuery(names ...string) *rest.Schema { return querySchema(false, names...) }

// authorizeActions authorizes on a server's actions, which outlive it since 2.21; the owner stands in each of them.
func (a *API) authorizeActions(ctx context.Context, c *rest.Call) (policy.Target, error) {
	s, err := a.Manager.Server(ctx, c.Who, c.Path("id"))
	if err == nil {
		return ownedBy(s), c.Authorize(ownedBy(s))
	}
	if !c.Version.AtLeast(2, 21) {
		return nil, err
	}
	deleted := true
	list, lookErr := a.Manager.Servers(ctx, nova.ServerFilter{IDs: []string{c.Path("id")}, Deleted: &deleted}, nova.Page{Limit: 1})
	if lookErr != nil {
		return nil, lookErr
	}
	if len(list) == 0 || list[0].ProjectID != c.Who.ProjectID && !c.Who.Has("admin") {
		return nil, err
	}
	return ownedBy(list[0]), c.Authorize(ownedBy(list[0]))
}

func (a *API) listActions(ctx context.Context, c *rest.Call) (view, error) {
	if _, err := a.authorizeActions(ctx, c); err != nil {
		return nil, err
	}
	var f nova.ActionFilter
	var p nova.Page
	var err error
	if c.Version.AtLeast(2, 58) {
		if f.ChangesSince, f.ChangesBefore, err = timeWindow(c, rest.V(2, 66)); err != nil {
			return nil, err
		}
		if p, err = a.page(c); err != nil {
			return nil, err
		}
	}
	list, err := a.Manager.Actions(ctx, c.Who, c.Path("id"), f, p)
	if err != nil {
		return nil, err
	}
	actions := make([]view, len(list))
	for i, action := range list {
		actions[i] = viewAction(c, action)
	}
	v := view{"instanceActions": actions}
	if c.Version.AtLeast(2, 58) && len(list) > 0 {
		more := next(c, p.Limit, len(list), "servers/"+c.Path("id")+"/os-instance-actions", list[len(list)-1].RequestID)
		if more != nil {
			v["links"] = more
		}
	}
	return v, nil
}

func viewAction(c *rest.Call, action nova.Action) view {
	v := view{
		"action": action.Name, "instance_uuid": action.ServerID, "request_id": action.RequestID, "user_id": action.UserID,
		"project_id": action.ProjectID, "start_time": microTime(&action.StartedAt), "message": action.Message,
	}
	if c.Version.AtLeast(2, 58) {
		v["updated_at"] = microTime(&action.UpdatedAt)
	}
	return v
}

// showAction shows an action with its events: all of them to administrators, since 2.51 to owners without tracebacks.
func (a *API) showAction(ctx context.Context, c *rest.Call) (view, error) {
	target, err := a.authorizeActions(ctx, c)
	if err != nil {
		return nil, err
	}
	action, err := a.Manager.Action(ctx, c.Who, c.Path("id"), c.Path("request_id"))
	if err != nil {
		return nil, err
	}
	v := viewAction(c, action)
	whole := c.Allowed("os_compute_api:os-instance-actions:events", target)
	if !whole && !c.Version.AtLeast(2, 51) {
		return view{"instanceAction": v}, nil
	}
	details := c.Version.AtLeast(2, 84) && c.Allowed("os_compute_api:os-instance-actions:events:details", target)
	events := []view{}
	for _, e := range action.Events {
		event := view{"event": e.Name, "start_time": microTime(&e.StartedAt), "finish_time": microTime(e.EndedAt), "result": e.Result}
		if whole {
			event["traceback"] = e.Traceback
		}
		if c.Version.AtLeast(2, 62) {
			event["hostId"] = hostID(action.ProjectID, e.Host)
			if whole {
				event["host"] = e.Host
			}
		}
		if details {
			event["details"] = e.Details
		}
		events = append(events, event)
	}
	v["events"] = events
	return view{"instanceAction": v}, nil
}
