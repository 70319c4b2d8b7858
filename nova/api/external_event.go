package api

import (
	"context"

	"cumulet/nova"
	"cumulet/oslo/rest"
)

func (a *API) externalEventRoutes() []rest.Route {
	schema := func(names string) *rest.Schema {
		event := object(`"server_uuid": `+uuid+`, "name": {"type": "string", "enum": [`+names+`]},
			"status": {"type": "string", "enum": ["failed", "completed", "in-progress"]}, "tag": {"type": "string", "maxLength": 255}`, "server_uuid name")
		return rest.MustSchema(object(`"events": {"type": "array", "minItems": 1, "maxItems": 1000, "items": `+event+`}`, "events"))
	}
	const network = `"network-changed", "network-vif-plugged", "network-vif-unplugged", "network-vif-deleted"`
	in := rest.Body(schema(network)).From(rest.V(2, 51), schema(network+`, "volume-extended"`)).
		From(rest.V(2, 76), schema(network+`, "volume-extended", "power-update"`)).
		From(rest.V(2, 82), schema(network+`, "volume-extended", "power-update", "accelerator-request-bound"`)).
		From(rest.V(2, 93), schema(network+`, "volume-extended", "power-update", "accelerator-request-bound", "volume-reimaged"`))
	return []rest.Route{{
		Do: "POST /v2.1/os-server-external-events", Rule: "os_compute_api:os-server-external-events:create", In: in, Status: 200,
		Run: rest.JSON(a.createExternalEvents),
	}}
}

type externalEvent struct {
	Name     string  `json:"name"`
	ServerID string  `json:"server_uuid"`
	Status   string  `json:"status"`
	Tag      *string `json:"tag,omitempty"`
	Code     int     `json:"code,omitempty"`
}

type externalEventsBody struct {
	Events []externalEvent `json:"events"`
}

// createExternalEvents takes what other services tell of servers; 207 where not all of it could be taken.
func (a *API) createExternalEvents(ctx context.Context, c *rest.Call, in externalEventsBody) (externalEventsBody, error) {
	if err := c.Authorize(nil); err != nil {
		return in, err
	}
	events := make([]nova.ExternalEvent, len(in.Events))
	for i, e := range in.Events {
		events[i] = nova.ExternalEvent{Name: e.Name, ServerID: e.ServerID, Status: e.Status}
		if e.Tag != nil {
			events[i].Tag = *e.Tag
		}
		if e.Status == "" {
			events[i].Status = "completed"
		}
	}
	taken, err := a.Manager.ExternalEvents(ctx, events)
	if err != nil {
		return in, err
	}
	for i, e := range taken {
		in.Events[i].Code, in.Events[i].Status = e.Code, "completed"
		if e.Code != 200 {
			in.Events[i].Status = "failed"
			c.SetStatus(207)
		}
	}
	return in, nil
}
