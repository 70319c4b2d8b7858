package l3

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"os"
	"strings"

	"github.com/vishvananda/netlink"

	"cumulet/neutron"
	"cumulet/neutron/agent/host"
	"cumulet/neutron/agent/metadata"
	"cumulet/neutron/agent/netns"
)

// Device names, as neutron_lib and neutron/agent/l3/router_info.py.
const (
	interfacePrefix = "qr-"
	gatewayPrefix   = "qg-"
	tapPrefix       = "tap"
)

// router is one router's namespace.
type router struct {
	id, namespace string
	host          host.Host
	metadata      *metadata.Agent

	log      *slog.Logger
	adverts  map[string]*advertiser    // by device
	open     io.Closer                 // its metadata
	loaded   string                    // the NAT that stands
	floating map[netip.Addr]netip.Addr // which it maps: floating to fixed
	said     string                    // the status last reported
}

// build makes the namespace as wanted. What fails on one port does not keep the others from being built.
func (r *router) build(ctx context.Context, want neutron.ServedRouter) error {
	if err := r.prepare(); err != nil {
		return err
	}
	var errs []error
	keep := map[string]bool{}
	for _, port := range want.Interfaces {
		device := neutron.InterfaceName(interfacePrefix, port.PortID)
		keep[device] = true
		errs = append(errs, r.plug(device, port, prefixes(port)))
	}
	if want.Gateway != nil {
		device := neutron.InterfaceName(gatewayPrefix, want.Gateway.PortID)
		keep[device] = true
		own := prefixes(want.Gateway.ServedInterface)
		for _, f := range want.FloatingIPs {
			if f.Fixed.IsValid() {
				own = append(own, netip.PrefixFrom(f.Floating, f.Floating.BitLen()))
			}
		}
		errs = append(errs, r.plug(device, want.Gateway.ServedInterface, own))
	}
	errs = append(errs, r.unplug(keep), r.route(want), r.translate(ctx, want), r.advertise(want))
	return errors.Join(errs...)
}

// prepare makes the namespace a router.
func (r *router) prepare() error {
	if err := netns.Ensure(r.namespace); err != nil {
		return err
	}
	if err := host.Up(r.namespace, "lo"); err != nil {
		return err
	}
	for _, key := range []string{"net/ipv4/ip_forward", "net/ipv6/conf/all/forwarding"} {
		// A kernel without IPv6 has nothing to forward.
		if err := netns.SetSysctl(r.namespace, key, "1"); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("set %s: %w", key, err)
		}
	}
	if r.open == nil && r.metadata != nil {
		open, err := r.metadata.Open(metadata.Place{Namespace: r.namespace, RouterID: r.id})
		if err != nil {
			return err
		}
		r.open = open
	}
	return nil
}

// plug brings a port's device into the namespace, with its addresses, and announces those that are new.
func (r *router) plug(device string, port neutron.ServedInterface, own []netip.Prefix) error {
	pair := host.Veth{
		Namespace: r.host.Namespace, Name: neutron.InterfaceName(tapPrefix, port.PortID),
		PeerNamespace: r.namespace, PeerName: device, PeerMAC: strings.ToLower(port.MAC), MTU: port.MTU,
	}
	if err := pair.Ensure(); err != nil {
		return err
	}
	var added []netip.Addr
	err := host.With(r.namespace, func(h *netlink.Handle) error {
		link, err := h.LinkByName(device)
		if err != nil {
			return fmt.Errorf("device %q: %w", device, err)
		}
		if !port.AdminUp {
			own = nil
		}
		added, err = host.SetAddresses(h, link, own)
		return err
	})
	if err != nil || len(added) == 0 {
		return err
	}
	return host.Announce(r.namespace, device, added)
}

// unplug removes the devices of ports that the router has no more.
func (r *router) unplug(keep map[string]bool) error {
	return host.With(r.namespace, func(h *netlink.Handle) error {
		links, err := host.List(h.LinkList)
		if err != nil {
			return fmt.Errorf("list links: %w", err)
		}
		for _, l := range links {
			name := l.Attrs().Name
			if l.Type() != "veth" || keep[name] {
				continue
			}
			if err := h.LinkDel(l); err != nil && !host.Absent(err) {
				return fmt.Errorf("delete %q: %w", name, err)
			}
		}
		return nil
	})
}

// route sets the way out and the router's own routes.
func (r *router) route(want neutron.ServedRouter) error {
	var routes []host.Route
	if want.Gateway != nil {
		device := neutron.InterfaceName(gatewayPrefix, want.Gateway.PortID)
		out := map[bool]bool{}
		for _, a := range want.Gateway.Addresses {
			v6 := a.Prefix.Addr().Is6()
			if !a.Gateway.IsValid() || a.Gateway == a.Prefix.Addr() || out[v6] {
				continue
			}
			out[v6] = true
			everything := netip.PrefixFrom(netip.IPv4Unspecified(), 0)
			if v6 {
				everything = netip.PrefixFrom(netip.IPv6Unspecified(), 0)
			}
			routes = append(routes, host.Route{Destination: everything, NextHop: a.Gateway, Device: device, OnLink: !a.Prefix.Contains(a.Gateway)})
		}
	}
	for _, extra := range want.Routes {
		routes = append(routes, host.Route{Destination: extra.Destination, NextHop: extra.NextHop})
	}
	return host.With(r.namespace, func(h *netlink.Handle) error { return host.EnsureRoutes(h, routes) })
}

func prefixes(port neutron.ServedInterface) []netip.Prefix {
	var all []netip.Prefix
	for _, a := range port.Addresses {
		all = append(all, a.Prefix)
	}
	return all
}

// close lets go of the namespace; what is in it goes on.
func (r *router) close() {
	for device, a := range r.adverts {
		a.close()
		delete(r.adverts, device)
	}
	if r.open != nil {
		r.open.Close()
		r.open = nil
	}
}
