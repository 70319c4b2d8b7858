package plugin

import (
	"context"
	"slices"

	"cumulet/neutron"
	"cumulet/oslo/fault"
)

// setGateway brings a router's way out to what is wanted; nil for none.
func (w *work) setGateway(ctx context.Context, as neutron.Scope, r *neutron.Router, wanted *neutron.Gateway) error {
	if wanted == nil {
		return w.dropGateway(ctx, r)
	}
	snat := wanted.SNAT
	if !wanted.SNATGiven {
		snat = r.Gateway == nil || r.Gateway.SNAT
	}
	n, err := w.BareNetwork(ctx, as, wanted.NetworkID)
	if err != nil {
		return err
	}
	if !n.External {
		return neutron.Bad("router", "Network %s is not an external network", n.ID)
	}
	if err := w.checkExternalIPs(ctx, n, wanted.FixedIPs); err != nil {
		return err
	}
	if r.Gateway != nil && r.Gateway.NetworkID == n.ID {
		if err := w.changeGatewayIPs(ctx, r, wanted.FixedIPs); err != nil {
			return err
		}
		r.Gateway.SNAT = snat
		return nil
	}
	if err := w.dropGateway(ctx, r); err != nil {
		return err
	}
	return w.makeGateway(ctx, r, n, wanted.FixedIPs, snat)
}

// checkExternalIPs refuses the external subnet's own gateway as the router's address.
func (w *work) checkExternalIPs(ctx context.Context, n neutron.Network, ips []neutron.FixedIP) error {
	if len(ips) == 0 {
		return nil
	}
	subnets, err := w.Subnets(ctx, neutron.By("network_id", n.ID))
	if err != nil {
		return err
	}
	for _, ip := range ips {
		if slices.ContainsFunc(subnets, func(s neutron.Subnet) bool { return s.Gateway.IsValid() && s.Gateway == ip.Address }) {
			return neutron.Bad("router", "External IP %s is the same as the gateway IP", ip.Address)
		}
	}
	return nil
}

func (w *work) changeGatewayIPs(ctx context.Context, r *neutron.Router, ips []neutron.FixedIP) error {
	if len(ips) == 0 {
		return nil
	}
	port, err := w.Port(ctx, neutron.Everything(), r.Gateway.PortID)
	if err != nil {
		return err
	}
	old := port
	port.FixedIPs = ips
	if err := w.updatePort(ctx, neutron.Everything(), old, &port, neutron.Given{"fixed_ips": true}); err != nil {
		return err
	}
	gateway := *r.Gateway
	gateway.FixedIPs = port.FixedIPs
	r.Gateway = &gateway
	return nil
}

func (w *work) makeGateway(ctx context.Context, r *neutron.Router, n neutron.Network, ips []neutron.FixedIP, snat bool) error {
	subnets, err := w.Subnets(ctx, neutron.By("network_id", n.ID))
	if err != nil {
		return err
	}
	if err := w.noRouterOverlap(ctx, r.ID, subnets); err != nil {
		return err
	}
	host, err := w.routerHost(ctx, r.ID)
	if err != nil {
		return err
	}
	port, err := w.createPort(ctx, neutron.Everything(), neutron.Port{ // of no project: projects do not see it
		NetworkID: n.ID, AdminUp: true, DeviceID: r.ID, DeviceOwner: neutron.OwnerRouterGateway, FixedIPs: ips,
		Binding: neutron.Binding{Host: host},
	}, neutron.Given{"fixed_ips": len(ips) > 0})
	if err != nil {
		return err
	}
	if len(port.FixedIPs) == 0 && len(subnets) > 0 {
		return neutron.Bad("router", "No IPs available for external network %s", n.ID)
	}
	r.Gateway = &neutron.Gateway{NetworkID: n.ID, PortID: port.ID, FixedIPs: port.FixedIPs, SNAT: snat}
	return nil
}

// dropGateway removes a router's way out, unless floating addresses go through it.
func (w *work) dropGateway(ctx context.Context, r *neutron.Router) error {
	if r.Gateway == nil {
		return nil
	}
	floating, err := w.FloatingIPs(ctx, neutron.By("router_id", r.ID))
	if err != nil {
		return err
	}
	if len(floating) > 0 {
		return neutron.Conflict("RouterExternalGatewayInUseByFloatingIp", "Gateway cannot be updated for router %s, since a "+
			"gateway to external network %s is required by one or more floating IPs.", r.ID, r.Gateway.NetworkID)
	}
	port, err := w.Port(ctx, neutron.Everything(), r.Gateway.PortID)
	r.Gateway = nil
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return w.deletePort(ctx, port)
}
