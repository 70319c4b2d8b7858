package plugin

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"cumulet/neutron"
	"cumulet/oslo/fault"
)

// Ports lists ports.
func (p *Plugin) Ports(ctx context.Context, q neutron.Query) ([]neutron.Port, error) {
	return p.DB.Ports(ctx, q)
}

// Port finds a port within a scope.
func (p *Plugin) Port(ctx context.Context, as neutron.Scope, id string) (neutron.Port, error) {
	return p.DB.Port(ctx, as, id)
}

// CreatePorts makes ports, all or none.
func (p *Plugin) CreatePorts(ctx context.Context, as neutron.Scope, drafts []neutron.Draft[neutron.Port]) ([]neutron.Port, error) {
	return createAll(ctx, p, drafts, func(w *work, d neutron.Draft[neutron.Port]) (neutron.Port, error) {
		if err := w.mayBeRouter(ctx, as, d.Of); err != nil {
			return d.Of, err
		}
		return w.createPort(ctx, as, d.Of, d.Given)
	})
}

func (w *work) createPort(ctx context.Context, as neutron.Scope, port neutron.Port, given neutron.Given) (neutron.Port, error) {
	n, err := w.BareNetwork(ctx, as, port.NetworkID)
	if err != nil {
		return port, err
	}
	if err := w.admit(ctx, port.ProjectID, "port", 1); err != nil {
		return port, err
	}
	port.ID, port.NetworkProjectID = newID(), n.ProjectID
	if port.Status == "" {
		port.Status = neutron.Down
	}
	w.made(&port.Revision, &port.CreatedAt, &port.UpdatedAt)
	port.Revision = 1
	if !given["port_security_enabled"] {
		port.PortSecurity = n.PortSecurity
	}
	if port.Trusted() {
		port.PortSecurity = false
	}
	if err := w.setMAC(ctx, &port); err != nil {
		return port, err
	}
	if err := w.allocate(ctx, &port, nil, given["fixed_ips"]); err != nil {
		return port, err
	}
	if err := w.setGroups(ctx, as, &port, given["security_groups"]); err != nil {
		return port, err
	}
	if err := w.checkPairs(&port); err != nil {
		return port, err
	}
	if err := w.bind(ctx, &port, n); err != nil {
		return port, err
	}
	if err := w.InsertPort(ctx, port); err != nil {
		return port, fmt.Errorf("create port %q: %w", port.ID, err)
	}
	w.portChanged(port, neutron.Port{})
	return port, w.Record(ctx, "port.create.end", port)
}

// setMAC takes the MAC asked for, or makes one that the network does not have.
func (w *work) setMAC(ctx context.Context, port *neutron.Port) error {
	if port.MAC != "" {
		taken, err := w.MACTaken(ctx, port.NetworkID, port.MAC)
		if err == nil && taken {
			err = neutron.Conflict("MacAddressInUse",
				"Unable to complete operation for network %s. The mac address %s is in use.", port.NetworkID, port.MAC)
		}
		return err
	}
	for range 16 {
		n := random(1 << 24)
		port.MAC = fmt.Sprintf("fa:16:3e:%02x:%02x:%02x", n>>16, n>>8&0xff, n&0xff)
		taken, err := w.MACTaken(ctx, port.NetworkID, port.MAC)
		if err != nil || !taken {
			return err
		}
	}
	return fault.New(fault.Unavailable, "NetworkMacAddressGenerationFailure",
		"Unable to generate unique mac on network %s.", port.NetworkID)
}

// setGroups gives a port the groups asked for, or its project's default group.
func (w *work) setGroups(ctx context.Context, as neutron.Scope, port *neutron.Port, given bool) error {
	if port.Trusted() && !given {
		port.SecurityGroups = nil
		return nil
	}
	if !given {
		group, err := w.defaultGroup(ctx, port.ProjectID)
		if err != nil {
			return err
		}
		if port.PortSecurity && len(port.FixedIPs) > 0 {
			port.SecurityGroups = []string{group}
		}
		return nil
	}
	slices.Sort(port.SecurityGroups)
	port.SecurityGroups = slices.Compact(port.SecurityGroups)
	if len(port.SecurityGroups) == 0 {
		return nil
	}
	if !port.PortSecurity || len(port.FixedIPs) == 0 {
		f := neutron.Invalid("")
		f.Name = "PortSecurityAndIPRequiredForSecurityGroups"
		f.Text = "Port security must be enabled and port must have an IP address in order to use security groups."
		return f
	}
	return w.checkGroups(ctx, as, *port)
}

// checkGroups refuses groups that the caller does not see, and a mix of stateful and stateless.
func (w *work) checkGroups(ctx context.Context, as neutron.Scope, port neutron.Port) error {
	q := neutron.By("id", port.SecurityGroups...)
	if q.Scope = as; !as.All {
		q.Scope.ProjectID = as.ProjectID
	}
	groups, err := w.SecurityGroups(ctx, q)
	if err != nil {
		return err
	}
	for _, id := range port.SecurityGroups {
		if !slices.ContainsFunc(groups, func(g neutron.SecurityGroup) bool { return g.ID == id }) {
			return neutron.SecurityGroupNotFound(id)
		}
	}
	for _, g := range groups {
		if g.Stateful != groups[0].Stateful {
			return neutron.Conflict("SecurityGroupConflict", "Error Cannot apply both stateful and stateless security "+
				"groups on the same port at the same time while attempting the operation.")
		}
	}
	return nil
}

// checkPairs is what must hold of allowed address pairs; a pair without MAC gets the port's.
func (w *work) checkPairs(port *neutron.Port) error {
	if len(port.AddressPairs) == 0 {
		return nil
	}
	if !port.PortSecurity {
		return neutron.Conflict("AddressPairAndPortSecurityRequired",
			"Port Security must be enabled in order to have allowed address pairs on a port.")
	}
	if most := w.p.Config.MaxAddressPairs; len(port.AddressPairs) > most {
		return fault.New(fault.Invalid, "AllowedAddressPairExhausted",
			"The number of allowed address pair exceeds the maximum %d.", most)
	}
	port.AddressPairs = slices.Clone(port.AddressPairs)
	seen := map[neutron.AddressPair]bool{}
	for i := range port.AddressPairs {
		pair := &port.AddressPairs[i]
		if pair.MAC == "" {
			pair.MAC = port.MAC
		}
		if seen[*pair] {
			f := neutron.Invalid("")
			f.Name = "DuplicateAddressPairInRequest"
			f.Text = fmt.Sprintf("Request contains duplicate address pair: mac_address %s ip_address %s.", pair.MAC, pair.Address)
			return f
		}
		seen[*pair] = true
	}
	return nil
}

// mayBeRouter refuses to plug a port into a router of someone else.
// As neutron/db/db_base_plugin_v2.py, _enforce_device_owner_not_router_intf_or_device_id.
func (w *work) mayBeRouter(ctx context.Context, as neutron.Scope, port neutron.Port) error {
	if as.All || port.DeviceID == "" || port.DeviceOwner != neutron.OwnerRouterInterface {
		return nil
	}
	_, err := w.Router(ctx, as, port.DeviceID)
	if fault.Is(err, fault.NotFound) {
		return neutron.Conflict("DeviceIDNotOwnedByTenant",
			"The following device_id %s is not owned by your tenant or matches another tenants router.", port.DeviceID)
	}
	return err
}

// UpdatePort changes a port.
func (p *Plugin) UpdatePort(ctx context.Context, as neutron.Scope, id string, change neutron.Change[neutron.Port]) (neutron.Port, error) {
	var port neutron.Port
	err := p.tx(ctx, func(w *work) error {
		old, err := w.Port(ctx, as, id)
		if err != nil {
			return err
		}
		if err := change.Holds(old.Revision); err != nil {
			return err
		}
		port = old
		change.Apply(&port)
		if err := w.mayBeRouter(ctx, as, port); err != nil {
			return err
		}
		return w.updatePort(ctx, as, old, &port, change.Given)
	})
	return port, err
}

// updatePort writes a port that was changed from old, and does what follows.
func (w *work) updatePort(ctx context.Context, as neutron.Scope, old neutron.Port, port *neutron.Port, given neutron.Given) error {
	if port.MAC != old.MAC {
		if old.Binding.VIFType != neutron.VIFUnbound && old.Binding.VIFType != neutron.VIFFailed {
			return neutron.Conflict("PortBound", "Unable to complete operation on port %s, port is already bound, "+
				"port type: %s, old_mac %s, new_mac %s.", old.ID, old.Binding.VIFType, old.MAC, port.MAC)
		}
		if err := w.setMAC(ctx, port); err != nil {
			return err
		}
	}
	if given["fixed_ips"] || port.MAC != old.MAC {
		if err := w.allocate(ctx, port, old.FixedIPs, true); err != nil {
			return err
		}
	}
	if given["security_groups"] {
		if err := w.setGroups(ctx, as, port, true); err != nil {
			return err
		}
	} else if (!port.PortSecurity || len(port.FixedIPs) == 0) && len(port.SecurityGroups) > 0 && (given["port_security_enabled"] || given["fixed_ips"]) {
		return neutron.Conflict("PortSecurityPortHasSecurityGroup", "Port has security group associated. "+
			"Cannot disable port security or IP address until security group is removed.")
	}
	if err := w.checkPairs(port); err != nil {
		return err
	}
	n, err := w.BareNetwork(ctx, neutron.Everything(), port.NetworkID)
	if err != nil {
		return err
	}
	if rebinding(old, *port, given) {
		if err := w.bind(ctx, port, n); err != nil {
			return err
		}
		if err := w.unplugged(ctx, old, *port); err != nil {
			return err
		}
	}
	if err := w.followAddresses(ctx, old, *port); err != nil {
		return err
	}
	w.changed(&port.Revision, &port.UpdatedAt)
	if err := w.UpdatePort(ctx, *port); err != nil {
		return fmt.Errorf("update port %q: %w", port.ID, err)
	}
	w.portChanged(*port, old)
	if err := w.routersOf(ctx, *port); err != nil {
		return err
	}
	return w.Record(ctx, "port.update.end", *port)
}

// rewritePort writes a port whose addresses changed by something else than a request about it.
func (w *work) rewritePort(ctx context.Context, port neutron.Port) error {
	w.changed(&port.Revision, &port.UpdatedAt)
	if err := w.UpdatePort(ctx, port); err != nil {
		return fmt.Errorf("update port %q: %w", port.ID, err)
	}
	w.portChanged(port, port)
	return w.Record(ctx, "port.update.end", port)
}

// portChanged has agents told about a port that was made or changed from old.
func (w *work) portChanged(port, old neutron.Port) {
	message := neutron.PortChanged{
		PortID: port.ID, NetworkID: port.NetworkID, Host: port.Binding.Host,
		DeviceOwner: port.DeviceOwner, DeviceID: port.DeviceID,
	}
	if old.Binding.Host != port.Binding.Host {
		message.OldHost = old.Binding.Host
	}
	w.tell(message, concerned(message)...)
	if !slices.Equal(old.SecurityGroups, port.SecurityGroups) || !slices.Equal(old.FixedIPs, port.FixedIPs) ||
		!slices.Equal(old.AddressPairs, port.AddressPairs) {
		w.tellGroups(old.SecurityGroups...)
		w.tellGroups(port.SecurityGroups...)
	}
}

// concerned are the topics of those who serve such a port: layer 2 where it is bound, routers where it is theirs, DHCP always.
func concerned(m neutron.PortChanged) []string {
	topics := []string{neutron.TopicDHCP}
	if m.Host != "" || m.OldHost != "" {
		topics = append(topics, neutron.TopicL2)
	}
	if m.DeviceOwner == neutron.OwnerRouterInterface || m.DeviceOwner == neutron.OwnerRouterGateway {
		topics = append(topics, neutron.TopicL3)
	}
	return topics
}

// DeletePort removes a port that no router or floating address keeps; floating addresses of it are let go.
func (p *Plugin) DeletePort(ctx context.Context, as neutron.Scope, id string, ifRevision *int) error {
	return p.tx(ctx, func(w *work) error {
		port, err := w.Port(ctx, as, id)
		if err != nil {
			return err
		}
		if err := (neutron.Change[neutron.Port]{IfRevision: ifRevision}).Holds(port.Revision); err != nil {
			return err
		}
		if err := w.kept(ctx, port); err != nil {
			return err
		}
		return w.deletePort(ctx, port)
	})
}

// kept refuses to delete what a router or floating address needs. As neutron/db/l3_db.py, prevent_l3_port_deletion.
func (w *work) kept(ctx context.Context, port neutron.Port) error {
	var err error
	switch port.DeviceOwner {
	case neutron.OwnerRouterInterface, neutron.OwnerRouterGateway:
		if len(port.FixedIPs) == 0 {
			return nil
		}
		_, err = w.Router(ctx, neutron.Everything(), port.DeviceID)
	case neutron.OwnerFloatingIP:
		_, err = w.FloatingIP(ctx, neutron.Everything(), port.DeviceID)
	default:
		return nil
	}
	if fault.Is(err, fault.NotFound) { // what needed it is gone
		return nil
	}
	if err != nil {
		return err
	}
	return neutron.Conflict("ServicePortInUse", "Port %s cannot be deleted directly via the port API: has device owner %s.",
		port.ID, port.DeviceOwner)
}

// deletePort removes a port whatever keeps it.
func (w *work) deletePort(ctx context.Context, port neutron.Port) error {
	if err := w.letGo(ctx, port.ID, nil); err != nil {
		return err
	}
	if err := w.DeletePort(ctx, port.ID); err != nil {
		return fmt.Errorf("delete port %q: %w", port.ID, err)
	}
	w.tell(neutron.PortDeleted{
		PortID: port.ID, NetworkID: port.NetworkID, Host: port.Binding.Host, DeviceOwner: port.DeviceOwner, DeviceID: port.DeviceID,
	}, neutron.TopicL2, neutron.TopicDHCP, neutron.TopicL3)
	w.tellGroups(port.SecurityGroups...)
	if strings.HasPrefix(port.DeviceOwner, neutron.OwnerCompute) {
		if err := w.Record(ctx, eventDeleted, neutron.Plug{Server: port.DeviceID, Port: port.ID, Project: port.ProjectID}); err != nil {
			return err
		}
	}
	return w.Record(ctx, "port.delete.end", port)
}
