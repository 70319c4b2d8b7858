package dhcp

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"reflect"

	"github.com/vishvananda/netlink"

	"cumulet/neutron"
	"cumulet/neutron/agent/host"
	"cumulet/neutron/agent/netns"
	"cumulet/oslo/messaging"
)

// Device names, as neutron/agent/linux/dhcp.py and neutron_lib.constants.
const (
	devicePrefix = "ns-"
	tapPrefix    = "tap"
)

// reconcile serves the networks that the server says are this agent's, and no others.
func (a *Agent) reconcile(ctx context.Context) error {
	served, err := messaging.Call[neutron.ServedNetworks](ctx, a.Bus, messaging.Topic(neutron.Topic), neutron.HostNetworks{Host: a.Host.Name})
	if err != nil {
		return fmt.Errorf("fetch networks: %w", err)
	}
	var errs []error
	keep := map[string]bool{}
	for _, n := range served.Networks {
		keep[n.ID] = true
		if err := a.serve(ctx, n); err != nil {
			errs = append(errs, fmt.Errorf("serve network %s: %w", n.ID, err))
		}
	}
	a.load.Store(int64(len(served.Networks)))
	return errors.Join(append(errs, a.sweep(keep))...)
}

// serve brings about a network's namespace and server, or hands new ports to the one that runs.
func (a *Agent) serve(ctx context.Context, n neutron.ServedNetwork) error {
	if n.Server.ID == "" {
		return errors.New("it has no DHCP port")
	}
	namespace := a.Host.DHCP(n.ID)
	if err := a.plug(n, namespace); err != nil {
		return err
	}
	v := newView(n, a.domain(n))
	s := a.servers[n.ID]
	if s != nil && !(s.port == n.Server.ID && reflect.DeepEqual(s.addresses, v.serverAddresses())) {
		s.close()
		delete(a.servers, n.ID)
		s = nil
	}
	if s != nil {
		s.view.Store(v)
		return nil
	}
	s, err := a.open(ctx, namespace, v)
	if err != nil {
		return err
	}
	a.servers[n.ID] = s
	return nil
}

// plug makes the namespace with the network's DHCP port in it. The other end is the Linux bridge agent's to wire.
func (a *Agent) plug(n neutron.ServedNetwork, namespace string) error {
	if err := netns.Ensure(namespace); err != nil {
		return err
	}
	if err := host.Up(namespace, "lo"); err != nil {
		return err
	}
	device := neutron.InterfaceName(devicePrefix, n.Server.ID)
	pair := host.Veth{
		Namespace: a.Host.Namespace, Name: neutron.InterfaceName(tapPrefix, n.Server.ID),
		PeerNamespace: namespace, PeerName: device, PeerMAC: n.Server.MAC, MTU: n.MTU,
	}
	if err := pair.Ensure(); err != nil {
		return err
	}
	return host.With(namespace, func(h *netlink.Handle) error {
		link, err := h.LinkByName(device)
		if err != nil {
			return fmt.Errorf("device %q: %w", device, err)
		}
		if err := removeOthers(h, device); err != nil {
			return err
		}
		if err := host.EnsureAddresses(h, link, addresses(n)); err != nil {
			return err
		}
		return host.EnsureRoutes(h, routes(n, device))
	})
}

// removeOthers takes away the devices of DHCP ports that the network had before.
func removeOthers(h *netlink.Handle, device string) error {
	links, err := host.List(h.LinkList)
	if err != nil {
		return err
	}
	for _, l := range links {
		if l.Type() == "veth" && l.Attrs().Name != device {
			if err := h.LinkDel(l); err != nil && !host.Absent(err) {
				return fmt.Errorf("delete %q: %w", l.Attrs().Name, err)
			}
		}
	}
	return nil
}

// addresses are the server's, with the lengths of their subnets.
func addresses(n neutron.ServedNetwork) []netip.Prefix {
	var all []netip.Prefix
	for _, ip := range n.Server.FixedIPs {
		for _, s := range n.Subnets {
			if s.ID == ip.SubnetID {
				all = append(all, netip.PrefixFrom(ip.Address, s.CIDR.Bits()))
			}
		}
	}
	return all
}

// routes lead to the network's subnets on which the server has no address, and by their gateways out, so that answers reach
// guests behind routers.
func routes(n neutron.ServedNetwork, device string) []host.Route {
	own := map[string]bool{}
	for _, ip := range n.Server.FixedIPs {
		own[ip.SubnetID] = true
	}
	var all []host.Route
	out := map[bool]bool{}
	for _, s := range n.Subnets {
		v6 := s.CIDR.Addr().Is6()
		if !own[s.ID] {
			if !v6 {
				all = append(all, host.Route{Destination: s.CIDR, Device: device})
			}
			continue
		}
		if s.Gateway.IsValid() && s.CIDR.Contains(s.Gateway) && !out[v6] {
			out[v6] = true
			everything := netip.PrefixFrom(netip.IPv4Unspecified(), 0)
			if v6 {
				everything = netip.PrefixFrom(netip.IPv6Unspecified(), 0)
			}
			all = append(all, host.Route{Destination: everything, NextHop: s.Gateway, Device: device})
		}
	}
	return all
}

// Sweep removes what is served here and is not this agent's any more; it asks the server.
func (a *Agent) Sweep(ctx context.Context) error {
	served, err := messaging.Call[neutron.ServedNetworks](ctx, a.Bus, messaging.Topic(neutron.Topic), neutron.HostNetworks{Host: a.Host.Name})
	if err != nil {
		return fmt.Errorf("fetch networks: %w", err)
	}
	keep := map[string]bool{}
	for _, n := range served.Networks {
		keep[n.ID] = true
	}
	return a.sweep(keep)
}

// Clean removes every DHCP namespace of the host. The agent must not run.
func (a *Agent) Clean(context.Context) error { return a.sweep(nil) }

func (a *Agent) sweep(keep map[string]bool) error {
	for id, s := range a.servers {
		if !keep[id] {
			s.close()
			delete(a.servers, id)
		}
	}
	ids, err := a.Host.Networks()
	if err != nil {
		return err
	}
	var errs []error
	for _, id := range ids {
		if !keep[id] {
			errs = append(errs, netns.Delete(a.Host.DHCP(id)))
		}
	}
	return errors.Join(errs...)
}
