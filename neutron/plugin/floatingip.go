package plugin

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"cumulet/neutron"
	"cumulet/oslo/fault"
)

// FloatingIPs lists floating addresses.
func (p *Plugin) FloatingIPs(ctx context.Context, q neutron.Query) ([]neutron.FloatingIP, error) {
	return p.DB.FloatingIPs(ctx, q)
}

// FloatingIP finds a floating address within a scope.
func (p *Plugin) FloatingIP(ctx context.Context, as neutron.Scope, id string) (neutron.FloatingIP, error) {
	return p.DB.FloatingIP(ctx, as, id)
}

// CreateFloatingIPs takes addresses of external networks, all or none, and associates them where a port is named.
func (p *Plugin) CreateFloatingIPs(ctx context.Context, as neutron.Scope, drafts []neutron.Draft[neutron.FloatingIP]) ([]neutron.FloatingIP, error) {
	return createAll(ctx, p, drafts, func(w *work, d neutron.Draft[neutron.FloatingIP]) (neutron.FloatingIP, error) {
		return w.createFloatingIP(ctx, as, d.Of)
	})
}

func (w *work) createFloatingIP(ctx context.Context, as neutron.Scope, f neutron.FloatingIP) (neutron.FloatingIP, error) {
	n, err := w.BareNetwork(ctx, as, f.NetworkID)
	if err != nil {
		return f, err
	}
	if !n.External {
		return f, neutron.Bad("floatingip", "Network %s is not a valid external network", n.ID)
	}
	if err := w.admit(ctx, f.ProjectID, "floatingip", 1); err != nil {
		return f, err
	}
	f.ID, f.Status = newID(), neutron.Down
	w.made(&f.Revision, &f.CreatedAt, &f.UpdatedAt)
	if err := w.takeFloating(ctx, &f, n); err != nil {
		return f, err
	}
	if err := w.associate(ctx, as, &f); err != nil {
		return f, err
	}
	if err := w.InsertFloatingIP(ctx, f); err != nil {
		return f, fmt.Errorf("create floating ip %q: %w", f.ID, err)
	}
	if err := w.floatingChanged(ctx, f, neutron.FloatingIP{}); err != nil {
		return f, err
	}
	return f, w.Record(ctx, "floatingip.create.end", f)
}

// takeFloating makes the port that keeps the address. It belongs to no project.
func (w *work) takeFloating(ctx context.Context, f *neutron.FloatingIP, n neutron.Network) error {
	subnets, err := w.Subnets(ctx, neutron.By("network_id", n.ID))
	if err != nil {
		return err
	}
	if count(subnets, 4) == 0 {
		return neutron.Bad("floatingip", "Network %s does not contain any IPv4 subnet", n.ID)
	}
	port := neutron.Port{
		NetworkID: n.ID, AdminUp: true, Status: "N/A", DeviceID: f.ID, DeviceOwner: neutron.OwnerFloatingIP,
	}
	given := f.SubnetID != "" || f.Address.IsValid()
	if given {
		port.FixedIPs = []neutron.FixedIP{{SubnetID: f.SubnetID, Address: f.Address}}
	}
	port, err = w.createPort(ctx, neutron.Everything(), port, neutron.Given{"fixed_ips": given})
	if err != nil {
		return err
	}
	i := slices.IndexFunc(port.FixedIPs, func(ip neutron.FixedIP) bool { return ip.Address.Is4() })
	if i < 0 {
		return fault.New(fault.Invalid, "ExternalIpAddressExhausted", "Unable to find any IP address on external network %s.", n.ID)
	}
	f.FloatingPortID, f.Address = port.ID, port.FixedIPs[i].Address
	return nil
}

// associate finds the fixed address and the router of a floating address that names a port.
func (w *work) associate(ctx context.Context, as neutron.Scope, f *neutron.FloatingIP) error {
	f.RouterID, f.PortDetails = "", nil
	if f.PortID == "" {
		if f.FixedAddress.IsValid() {
			return neutron.Bad("floatingip", "fixed_ip_address cannot be specified without a port_id")
		}
		return nil
	}
	port, err := w.Port(ctx, as, f.PortID)
	if err != nil {
		return err
	}
	fixed, err := fixedFor(*f, port, as)
	if err != nil {
		return err
	}
	f.FixedAddress = fixed.Address
	if f.RouterID, err = w.routerFor(ctx, *f, port, fixed.SubnetID); err != nil {
		return err
	}
	others, err := w.FloatingIPs(ctx, neutron.By("port_id", port.ID).Where("floating_network_id", f.NetworkID))
	if err != nil {
		return err
	}
	for _, o := range others {
		if o.ID != f.ID && o.FixedAddress == f.FixedAddress {
			return neutron.Conflict("FloatingIPPortAlreadyAssociated", "Cannot associate floating IP %s (%s) with port %s using "+
				"fixed IP %s, as that fixed IP already has a floating IP on external network %s.",
				f.Address, f.ID, port.ID, f.FixedAddress, f.NetworkID)
		}
	}
	f.PortDetails = &neutron.PortDetails{
		Name: port.Name, NetworkID: port.NetworkID, MAC: port.MAC, DeviceID: port.DeviceID, DeviceOwner: port.DeviceOwner,
		AdminUp: port.AdminUp, Status: port.Status,
	}
	return nil
}

// fixedFor chooses which address of a port a floating address maps. As neutron/db/l3_db.py, _internal_fip_assoc_data.
func fixedFor(f neutron.FloatingIP, port neutron.Port, as neutron.Scope) (neutron.FixedIP, error) {
	none := neutron.FixedIP{}
	if port.ProjectID != f.ProjectID && !as.All {
		return none, neutron.Bad("floatingip", "Cannot process floating IP association with Port %s, since that port is owned by a "+
			"different tenant", port.ID)
	}
	if strings.HasPrefix(port.DeviceOwner, neutron.OwnerNetwork) && port.DeviceOwner != neutron.OwnerRouterInterface {
		return none, neutron.Bad("floatingip", "Port %s is unable to be assigned a floating IP", port.ID)
	}
	if f.FixedAddress.IsValid() {
		if !f.FixedAddress.Is4() {
			return none, neutron.Bad("floatingip", "Cannot process floating IP association with %s, since that is not an IPv4 address",
				f.FixedAddress)
		}
		for _, ip := range port.FixedIPs {
			if ip.Address == f.FixedAddress {
				return ip, nil
			}
		}
		return none, neutron.Bad("floatingip", "Port %s does not have fixed ip %s", port.ID, f.FixedAddress)
	}
	v4 := slices.DeleteFunc(slices.Clone(port.FixedIPs), func(ip neutron.FixedIP) bool { return !ip.Address.Is4() })
	switch len(v4) {
	case 0:
		return none, neutron.Bad("floatingip", "Cannot add floating IP to port %s that has no fixed IPv4 addresses", port.ID)
	case 1:
		return v4[0], nil
	}
	return none, neutron.Bad("floatingip", "Port %s has multiple fixed IPv4 addresses.  Must provide a specific IPv4 address when "+
		"assigning a floating IP", port.ID)
}

// routerFor finds the router between a port's subnet and the external network: the subnet's gateway when it is one.
func (w *work) routerFor(ctx context.Context, f neutron.FloatingIP, port neutron.Port, subnetID string) (string, error) {
	s, err := w.Subnet(ctx, neutron.Everything(), subnetID)
	if err != nil {
		return "", err
	}
	interfaces, err := w.Ports(ctx, neutron.By("fixed_ips", "subnet_id="+subnetID).Where("device_owner", neutron.OwnerRouterInterface))
	if err != nil {
		return "", err
	}
	gateways, err := w.Ports(ctx, neutron.By("network_id", f.NetworkID).Where("device_owner", neutron.OwnerRouterGateway))
	if err != nil {
		return "", err
	}
	found := ""
	for _, i := range interfaces {
		if !slices.ContainsFunc(gateways, func(g neutron.Port) bool { return g.DeviceID == i.DeviceID }) {
			continue
		}
		if slices.Contains(i.FixedIPs, neutron.FixedIP{SubnetID: s.ID, Address: s.Gateway}) {
			return i.DeviceID, nil
		}
		if found == "" {
			found = i.DeviceID
		}
	}
	if found == "" {
		return "", fault.New(fault.NotFound, "ExternalGatewayForFloatingIPNotFound", "External network %s is not reachable from "+
			"subnet %s.  Therefore, cannot associate Port %s with a Floating IP.", f.NetworkID, s.ID, port.ID)
	}
	return found, nil
}

// floatingChanged tells the routers before and after, and nova, whose servers' addresses these are.
func (w *work) floatingChanged(ctx context.Context, f, old neutron.FloatingIP) error {
	for _, router := range []string{f.RouterID, old.RouterID} {
		if router != "" {
			w.tell(neutron.RouterChanged{ID: router}, neutron.TopicL3)
		}
	}
	if f.PortID == old.PortID && f.FixedAddress == old.FixedAddress {
		return nil
	}
	for _, id := range []string{old.PortID, f.PortID} {
		if id == "" {
			continue
		}
		port, err := w.Port(ctx, neutron.Everything(), id)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if port.Guest() {
			if err := w.Record(ctx, eventAddresses, neutron.Plug{Server: port.DeviceID, Port: id, Project: port.ProjectID}); err != nil {
				return err
			}
		}
	}
	return nil
}

// UpdateFloatingIP changes a floating address: associates it elsewhere, or lets it go (port_id given and empty).
func (p *Plugin) UpdateFloatingIP(ctx context.Context, as neutron.Scope, id string, change neutron.Change[neutron.FloatingIP]) (neutron.FloatingIP, error) {
	var f neutron.FloatingIP
	err := p.tx(ctx, func(w *work) error {
		old, err := w.FloatingIP(ctx, as, id)
		if err != nil {
			return err
		}
		if err := change.Holds(old.Revision); err != nil {
			return err
		}
		f = old
		change.Apply(&f)
		if change.Given["port_id"] && !change.Given["fixed_ip_address"] {
			f.FixedAddress = neutron.FloatingIP{}.FixedAddress
		}
		if change.Given["port_id"] || change.Given["fixed_ip_address"] {
			if err := w.associate(ctx, as, &f); err != nil {
				return err
			}
		}
		if f.PortID != old.PortID || f.FixedAddress != old.FixedAddress {
			f.Status = neutron.Down
		}
		w.changed(&f.Revision, &f.UpdatedAt)
		if err := w.UpdateFloatingIP(ctx, f); err != nil {
			return fmt.Errorf("update floating ip %q: %w", id, err)
		}
		if err := w.floatingChanged(ctx, f, old); err != nil {
			return err
		}
		return w.Record(ctx, "floatingip.update.end", f)
	})
	return f, err
}

// DeleteFloatingIP gives a floating address back.
func (p *Plugin) DeleteFloatingIP(ctx context.Context, as neutron.Scope, id string, ifRevision *int) error {
	return p.tx(ctx, func(w *work) error {
		f, err := w.FloatingIP(ctx, as, id)
		if err != nil {
			return err
		}
		if err := (neutron.Change[neutron.FloatingIP]{IfRevision: ifRevision}).Holds(f.Revision); err != nil {
			return err
		}
		if err := w.DeleteFloatingIP(ctx, id); err != nil {
			return fmt.Errorf("delete floating ip %q: %w", id, err)
		}
		port, err := w.Port(ctx, neutron.Everything(), f.FloatingPortID)
		if err == nil {
			err = w.deletePort(ctx, port)
		}
		if err != nil {
			return err
		}
		if err := w.floatingChanged(ctx, neutron.FloatingIP{}, f); err != nil {
			return err
		}
		return w.Record(ctx, "floatingip.delete.end", f)
	})
}

// letGo frees the floating addresses of a port's addresses, but for those kept.
func (w *work) letGo(ctx context.Context, portID string, keep []neutron.FixedIP) error {
	floating, err := w.FloatingIPs(ctx, neutron.By("port_id", portID))
	if err != nil {
		return err
	}
	for _, f := range floating {
		if slices.ContainsFunc(keep, func(ip neutron.FixedIP) bool { return ip.Address == f.FixedAddress }) {
			continue
		}
		w.tell(neutron.RouterChanged{ID: f.RouterID}, neutron.TopicL3)
		f.PortID, f.RouterID, f.FixedAddress, f.Status = "", "", neutron.FloatingIP{}.FixedAddress, neutron.Down
		w.changed(&f.Revision, &f.UpdatedAt)
		if err := w.UpdateFloatingIP(ctx, f); err != nil {
			return fmt.Errorf("let floating ip %q go: %w", f.ID, err)
		}
		if err := w.Record(ctx, "floatingip.update.end", f); err != nil {
			return err
		}
	}
	return nil
}

// followAddresses does what follows from a port's changed addresses.
func (w *work) followAddresses(ctx context.Context, old, port neutron.Port) error {
	if slices.Equal(old.FixedIPs, port.FixedIPs) {
		return nil
	}
	if err := w.letGo(ctx, port.ID, port.FixedIPs); err != nil {
		return err
	}
	if port.Guest() && port.DeviceID == old.DeviceID {
		return w.Record(ctx, eventAddresses, neutron.Plug{Server: port.DeviceID, Port: port.ID, Project: port.ProjectID})
	}
	return nil
}
