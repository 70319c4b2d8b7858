package api

import (
	"context"

	"cumulet/nova"
	"cumulet/nova/manager"
	"cumulet/oslo/rest"
)

func (a *API) serviceRoutes() []rest.Route {
	members := `"host": ` + fqdn + `, "binary": {"type": "string", "minLength": 1, "maxLength": 255},
		"disabled_reason": {"type": "string", "minLength": 1, "maxLength": 255}`
	old := rest.Body(rest.MustSchema(object(members, "host binary"))).
		From(rest.V(2, 11), rest.MustSchema(object(members+`, "forced_down": `+boolean, "host binary")))
	in := rest.Body(rest.MustSchema(object(`"status": {"type": "string", "enum": ["enabled", "disabled"]},
		"disabled_reason": {"type": "string", "minLength": 1, "maxLength": 255}, "forced_down": `+boolean, "")))
	const at, rule = " /v2.1/os-services", "os_compute_api:os-services:"
	return []rest.Route{
		{Do: "GET" + at, Rule: rule + "list", Query: queries("host", "binary"), Status: 200, Run: rest.Get(a.listServices)},
		{Do: "PUT" + at + "/{id}", Rule: rule + "update", Max: rest.V(2, 52), In: old, Status: 200, Run: rest.JSON(a.actOnService)},
		{Do: "PUT" + at + "/{id}", Rule: rule + "update", Min: rest.V(2, 53), In: in, Status: 200, Run: rest.JSON(a.updateService)},
		{Do: "DELETE" + at + "/{id}", Rule: rule + "delete", Status: 204, Run: rest.Do(a.deleteService)},
	}
}

// viewService is a service; its id is a number before 2.53.
func (a *API) viewService(c *rest.Call, s nova.Service) view {
	v := view{
		"id": s.Number, "binary": s.Binary, "host": s.Host, "zone": s.Zone, "status": enabled(s), "state": upOrDown(s.Up(a.Now())),
		"updated_at": microTime(s.UpdatedAt), "disabled_reason": s.DisabledReason,
	}
	if c.Version.AtLeast(2, 53) {
		v["id"] = s.ID
	}
	if c.Version.AtLeast(2, 11) {
		v["forced_down"] = s.ForcedDown
	}
	return v
}

func enabled(s nova.Service) string {
	if s.Disabled {
		return "disabled"
	}
	return "enabled"
}

func upOrDown(up bool) string {
	if up {
		return "up"
	}
	return "down"
}

func (a *API) listServices(ctx context.Context, c *rest.Call) (view, error) {
	if err := c.Authorize(nil); err != nil {
		return nil, err
	}
	services, err := a.Manager.Services(ctx, nova.ServiceFilter{Host: c.Query().Get("host"), Binary: c.Query().Get("binary")})
	list := make([]view, len(services))
	for i, s := range services {
		list[i] = a.viewService(c, s)
	}
	return view{"services": list}, err
}

type serviceBody struct {
	Host           string  `json:"host"`
	Binary         string  `json:"binary"`
	Status         string  `json:"status"`
	DisabledReason *string `json:"disabled_reason"`
	ForcedDown     *truth  `json:"forced_down"`
}

// actOnService is PUT /os-services/{action}, before 2.53.
func (a *API) actOnService(ctx context.Context, c *rest.Call, in serviceBody) (view, error) {
	if err := c.Authorize(nil); err != nil {
		return nil, err
	}
	yes, no := true, false
	var u manager.ServiceUpdate
	v := view{"host": in.Host, "binary": in.Binary}
	switch action := c.Path("id"); {
	case action == "enable":
		u.Disabled, v["status"] = &no, "enabled"
	case action == "disable":
		u.Disabled, v["status"] = &yes, "disabled"
	case action == "disable-log-reason" && in.DisabledReason == nil:
		return nil, bad("Missing disabled reason field")
	case action == "disable-log-reason":
		u.Disabled, u.DisabledReason = &yes, in.DisabledReason
		v["status"], v["disabled_reason"] = "disabled", *in.DisabledReason
	case action == "force-down" && c.Version.AtLeast(2, 11) && in.ForcedDown == nil:
		return nil, bad("Missing forced_down field")
	case action == "force-down" && c.Version.AtLeast(2, 11):
		down := bool(*in.ForcedDown)
		u.ForcedDown, v["forced_down"] = &down, down
	default:
		return nil, none("Unknown action")
	}
	if in.Binary != nova.ComputeBinary {
		return nil, onlyComputes(in.Binary)
	}
	_, err := a.Manager.UpdateServiceOn(ctx, in.Host, in.Binary, u)
	return view{"service": v}, err
}

func onlyComputes(binary string) error {
	return bad("Updating a %s service is not supported. Only nova-compute services can be updated.", binary)
}

func (a *API) updateService(ctx context.Context, c *rest.Call, in serviceBody) (view, error) {
	if !isUUID(c.Path("id")) {
		return nil, bad("Invalid uuid %s", c.Path("id"))
	}
	if err := c.Authorize(nil); err != nil {
		return nil, err
	}
	var u manager.ServiceUpdate
	switch {
	case in.Status == "enabled" && in.DisabledReason != nil:
		return nil, bad("Specifying 'disabled_reason' with status 'enabled' is invalid.")
	case in.Status == "" && in.ForcedDown == nil:
		return nil, bad("No updates were requested. Fields 'status' or 'forced_down' should be specified.")
	case in.Status != "":
		disabled := in.Status == "disabled"
		u.Disabled, u.DisabledReason = &disabled, in.DisabledReason
	}
	if in.ForcedDown != nil {
		down := bool(*in.ForcedDown)
		u.ForcedDown = &down
	}
	s, err := a.Manager.UpdateService(ctx, c.Path("id"), u)
	if err != nil {
		return nil, err
	}
	return view{"service": a.viewService(c, s)}, nil
}

func (a *API) deleteService(ctx context.Context, c *rest.Call) error {
	if err := c.Authorize(nil); err != nil {
		return err
	}
	if err := checkID(c); err != nil {
		return err
	}
	return a.Manager.DeleteService(ctx, c.Path("id"))
}
