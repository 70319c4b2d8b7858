package network

import (
	"context"
	"net/netip"
	"net/url"

	"github.com/gophercloud/gophercloud/v2"

	"cumulet/nova"
	"cumulet/oslo/fault"
)

// port is a neutron port as far as nova looks.
type port struct {
	ID           string         `json:"id"`
	NetworkID    string         `json:"network_id"`
	DeviceID     string         `json:"device_id"`
	MAC          string         `json:"mac_address"`
	Status       string         `json:"status"`
	IPAllocation string         `json:"ip_allocation"`
	HostID       string         `json:"binding:host_id"`
	VIFType      string         `json:"binding:vif_type"`
	VIFDetails   map[string]any `json:"binding:vif_details"`
	VNICType     string         `json:"binding:vnic_type"`
	Profile      map[string]any `json:"binding:profile"`
	Groups       []string       `json:"security_groups"`
	FixedIPs     []struct {
		SubnetID  string `json:"subnet_id"`
		IPAddress string `json:"ip_address"`
	} `json:"fixed_ips"`
}

func portByID(ctx context.Context, n *gophercloud.ServiceClient, id string) (port, error) {
	var answer struct {
		Port port `json:"port"`
	}
	err := get(ctx, n, "ports/"+url.PathEscape(id), nil, &answer)
	return answer.Port, err
}

func ports(ctx context.Context, n *gophercloud.ServiceClient, query url.Values) ([]port, error) {
	var answer struct {
		Ports []port `json:"ports"`
	}
	err := get(ctx, n, "ports", query, &answer)
	return answer.Ports, err
}

// Plan is how a server's ports shall be.
type Plan struct {
	Server         nova.Server
	Host           string // to bind to
	Zone           string
	Networks       []nova.RequestedNetwork
	SecurityGroups []string // ids, for the ports that are made
}

// Connect makes or binds the ports of a plan and gives them as the server's guest must know them. Repeated, it finds the
// ports it made; with another host it binds them there.
func (c *Client) Connect(ctx context.Context, p Plan) (nova.NetworkInfo, error) {
	if len(p.Networks) == 0 {
		return nova.NetworkInfo{}, nil
	}
	there, err := ports(ctx, c.Neutron, url.Values{"device_id": {p.Server.ID}})
	if err != nil {
		return nil, err
	}
	var connected []port
	made := map[string]bool{}
	for _, r := range p.Networks {
		one, known, err := c.connect(ctx, p, r, there, made)
		if err != nil {
			return nil, err
		}
		made[one.ID] = !known
		connected = append(connected, one)
	}
	return c.describe(ctx, p, connected)
}

// connect brings one port about. known tells that the caller named it. made holds the ports of the requests before.
func (c *Client) connect(
	ctx context.Context, p Plan, r nova.RequestedNetwork, there []port, made map[string]bool,
) (one port, known bool, err error) {
	if r.PortID != "" {
		one, err := portByID(ctx, c.Neutron, r.PortID)
		if err != nil {
			return port{}, true, err
		}
		if one.DeviceID != "" && one.DeviceID != p.Server.ID {
			return port{}, true, fault.New(fault.Conflict, "PortInUse", "Port %s is still in use.", r.PortID)
		}
		one, err = c.bind(ctx, p, one)
		return one, true, err
	}
	named := map[string]bool{}
	for _, other := range p.Networks {
		named[other.PortID] = true
	}
	for _, one := range there {
		if _, used := made[one.ID]; !used && !named[one.ID] && one.NetworkID == r.NetworkID && has(one, r.FixedIP) {
			one, err = c.bind(ctx, p, one)
			return one, false, err
		}
	}
	one, err = c.create(ctx, p, r)
	return one, false, err
}

func has(one port, address string) bool {
	if address == "" {
		return true
	}
	for _, f := range one.FixedIPs {
		if f.IPAddress == address {
			return true
		}
	}
	return false
}

// owner is the device_owner of a server's ports.
func owner(zone string) string { return "compute:" + zone }

func (c *Client) create(ctx context.Context, p Plan, r nova.RequestedNetwork) (port, error) {
	body := map[string]any{
		"network_id": r.NetworkID, "device_id": p.Server.ID, "device_owner": owner(p.Zone), "admin_state_up": true,
		"tenant_id": p.Server.ProjectID, "binding:host_id": p.Host,
	}
	if len(p.SecurityGroups) > 0 {
		body["security_groups"] = p.SecurityGroups
	}
	if r.FixedIP != "" {
		body["fixed_ips"] = []map[string]string{{"ip_address": r.FixedIP}}
	}
	named, err := c.has(ctx, "dns-integration")
	if err != nil {
		return port{}, err
	}
	if named { // the name under which its neighbours find it
		body["dns_name"] = p.Server.Hostname
	}
	var answer struct {
		Port port `json:"port"`
	}
	if err := send(ctx, c.Neutron, "POST", "ports", map[string]any{"port": body}, &answer); err != nil {
		return port{}, err
	}
	return bound(answer.Port)
}

// bind binds a port to the plan's host, unless it is.
func (c *Client) bind(ctx context.Context, p Plan, one port) (port, error) {
	if one.DeviceID == p.Server.ID && one.HostID == p.Host && one.VIFType != "unbound" && one.VIFType != "binding_failed" {
		return one, nil
	}
	body := map[string]any{"device_id": p.Server.ID, "device_owner": owner(p.Zone), "binding:host_id": p.Host}
	var answer struct {
		Port port `json:"port"`
	}
	if err := send(ctx, c.Neutron, "PUT", "ports/"+one.ID, map[string]any{"port": body}, &answer); err != nil {
		return port{}, err
	}
	return bound(answer.Port)
}

// bound refuses a port that no mechanism could bind; as PortBindingFailed in nova/exception.py.
func bound(one port) (port, error) {
	if one.VIFType == "binding_failed" {
		return one, fault.New(fault.Conflict, "PortBindingFailed",
			"Binding failed for port %s, please check neutron logs for more information.", one.ID)
	}
	return one, nil
}

// Disconnect deletes the ports that nova made for a server and gives those back that it was handed. kept names the latter.
func (c *Client) Disconnect(ctx context.Context, serverID string, kept map[string]bool) error {
	there, err := ports(ctx, c.Neutron, url.Values{"device_id": {serverID}})
	if err != nil {
		return err
	}
	for _, one := range there {
		if err := c.disconnect(ctx, one.ID, kept[one.ID]); err != nil {
			return err
		}
	}
	return nil
}

// Release gives one port up: deletes it when nova made it, else unbinds it.
func (c *Client) Release(ctx context.Context, vif nova.VIF) error {
	return c.disconnect(ctx, vif.PortID, !vif.Created)
}

func (c *Client) disconnect(ctx context.Context, id string, keep bool) error {
	var err error
	if keep {
		body := map[string]any{"device_id": "", "device_owner": "", "binding:host_id": ""}
		err = send(ctx, c.Neutron, "PUT", "ports/"+id, map[string]any{"port": body}, nil)
	} else {
		err = send(ctx, c.Neutron, "DELETE", "ports/"+id, nil, nil)
	}
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	return err
}

// version is an address's IP version; 4 for what is none.
func version(address string) int {
	if a, err := netip.ParseAddr(address); err == nil && a.Is6() {
		return 6
	}
	return 4
}
