package api

import (
	"context"

	"cumulet/nova"
	"cumulet/oslo/rest"
)

func (a *API) interfaceRoutes() []rest.Route {
	members := `"net_id": ` + uuid + `, "port_id": ` + uuid + `, "fixed_ips": {"type": "array", "minItems": 1, "maxItems": 1, "items": ` +
		object(`"ip_address": `+address, "ip_address") + `}`
	schema := func(members string) *rest.Schema {
		return rest.MustSchema(object(`"interfaceAttachment": `+object(members, ""), ""))
	}
	in := rest.Body(schema(members)).From(rest.V(2, 49), schema(members+`, "tag": `+tag))
	const at, rule = " /v2.1/servers/{id}/os-interface", "os_compute_api:os-attach-interfaces:"
	return []rest.Route{
		{Do: "GET" + at, Rule: rule + "list", Status: 200, Run: rest.Get(a.listInterfaces)},
		{Do: "POST" + at, Rule: rule + "create", In: in, Status: 200, Run: rest.JSON(a.createInterface)},
		{Do: "GET" + at + "/{port_id}", Rule: rule + "show", Status: 200, Run: rest.Get(a.showInterface)},
		{Do: "DELETE" + at + "/{port_id}", Rule: rule + "delete", Status: 202, Run: rest.Do(a.deleteInterface)},
	}
}

// viewInterface is a server's port; as nova/api/openstack/compute/attach_interfaces.py.
func viewInterface(c *rest.Call, vif nova.VIF) view {
	state := "DOWN"
	if vif.Active {
		state = "ACTIVE"
	}
	addresses := []view{}
	for _, address := range vif.Addresses {
		if !address.Floating {
			addresses = append(addresses, view{"ip_address": address.IP, "subnet_id": address.SubnetID})
		}
	}
	v := view{
		"net_id": vif.NetworkID, "port_id": vif.PortID, "mac_addr": vif.MAC, "port_state": state, "fixed_ips": addresses,
	}
	if c.Version.AtLeast(2, 70) {
		v["tag"] = orNull(vif.Tag)
	}
	return v
}

func (a *API) listInterfaces(ctx context.Context, c *rest.Call) (view, error) {
	s, err := a.server(ctx, c)
	if err != nil {
		return nil, err
	}
	vifs, err := a.Manager.Interfaces(ctx, c.Who, s.ID)
	list := make([]view, len(vifs))
	for i, vif := range vifs {
		list[i] = viewInterface(c, vif)
	}
	return view{"interfaceAttachments": list}, err
}

func (a *API) showInterface(ctx context.Context, c *rest.Call) (view, error) {
	s, err := a.server(ctx, c)
	if err != nil {
		return nil, err
	}
	vifs, err := a.Manager.Interfaces(ctx, c.Who, s.ID)
	if err != nil {
		return nil, err
	}
	vif := vifs.WithPort(c.Path("port_id"))
	if vif == nil {
		return nil, none("Instance %s does not have a port with id %s", s.ID, c.Path("port_id"))
	}
	return view{"interfaceAttachment": viewInterface(c, *vif)}, nil
}

type interfaceBody struct {
	Attachment struct {
		NetworkID string `json:"net_id"`
		PortID    string `json:"port_id"`
		Tag       string `json:"tag"`
		FixedIPs  []struct {
			Address string `json:"ip_address"`
		} `json:"fixed_ips"`
	} `json:"interfaceAttachment"`
}

func (a *API) createInterface(ctx context.Context, c *rest.Call, in interfaceBody) (view, error) {
	s, err := a.server(ctx, c)
	if err != nil {
		return nil, err
	}
	r := nova.RequestedNetwork{NetworkID: in.Attachment.NetworkID, PortID: in.Attachment.PortID, Tag: in.Attachment.Tag}
	if len(in.Attachment.FixedIPs) > 0 {
		r.FixedIP = in.Attachment.FixedIPs[0].Address
	}
	switch {
	case r.NetworkID != "" && r.PortID != "":
		return nil, bad("Must not input both network_id and port_id")
	case r.FixedIP != "" && r.NetworkID == "":
		return nil, bad("Must input network_id when request IP address")
	}
	vif, err := a.Manager.AttachInterface(ctx, c.Who, s.ID, r)
	return view{"interfaceAttachment": viewInterface(c, vif)}, err
}

func (a *API) deleteInterface(ctx context.Context, c *rest.Call) error {
	s, err := a.server(ctx, c)
	if err != nil {
		return err
	}
	return a.Manager.DetachInterface(ctx, c.Who, s.ID, c.Path("port_id"))
}
