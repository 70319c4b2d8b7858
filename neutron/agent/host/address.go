package host

import (
	"fmt"
	"net"
	"net/netip"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// EnsureAddresses gives a device exactly these addresses (besides link-local ones of IPv6).
func EnsureAddresses(h *netlink.Handle, link netlink.Link, want []netip.Prefix) error {
	_, err := SetAddresses(h, link, want)
	return err
}

// SetAddresses is EnsureAddresses and tells which addresses are new, for who must announce them. What stays is not touched.
func SetAddresses(h *netlink.Handle, link netlink.Link, want []netip.Prefix) (added []netip.Addr, err error) {
	have, err := List(func() ([]netlink.Addr, error) { return h.AddrList(link, unix.AF_UNSPEC) })
	if err != nil {
		return nil, fmt.Errorf("addresses of %q: %w", link.Attrs().Name, err)
	}
	wanted := map[netip.Prefix]bool{}
	for _, p := range want {
		wanted[p] = true
	}
	present := map[netip.Prefix]bool{}
	for _, a := range have {
		p := prefixOf(a.IPNet)
		present[p] = true
		if wanted[p] || (p.Addr().Is6() && p.Addr().IsLinkLocalUnicast()) || p.Addr().IsLoopback() {
			continue
		}
		if err := h.AddrDel(link, &a); err != nil {
			return added, fmt.Errorf("delete address %s of %q: %w", p, link.Attrs().Name, err)
		}
	}
	for _, p := range want {
		if present[p] {
			continue
		}
		// No duplicate detection: the address was given out by neutron, and must serve at once.
		a := &netlink.Addr{IPNet: ipNet(p)}
		if p.Addr().Is6() {
			a.Flags = unix.IFA_F_NODAD
		}
		if err := h.AddrReplace(link, a); err != nil {
			return added, fmt.Errorf("add address %s to %q: %w", p, link.Attrs().Name, err)
		}
		added = append(added, p.Addr())
	}
	return added, nil
}

// Route is a route of a namespace's main table. A route without NextHop leads to what is next to the device.
type Route struct {
	Destination netip.Prefix
	NextHop     netip.Addr
	Device      string // may be empty where NextHop says it
	OnLink      bool   // NextHop is no address of the device's subnets
}

// routeProtocol marks the routes made here, so that only those are taken away (RTPROT_STATIC is what `ip route` writes).
const routeProtocol = 196

// EnsureRoutes gives the namespace exactly these routes besides those that the kernel or others made.
func EnsureRoutes(h *netlink.Handle, want []Route) error {
	have, err := List(func() ([]netlink.Route, error) {
		return h.RouteListFiltered(unix.AF_UNSPEC, &netlink.Route{Protocol: routeProtocol}, netlink.RT_FILTER_PROTOCOL)
	})
	if err != nil {
		return fmt.Errorf("list routes: %w", err)
	}
	wanted := map[string]bool{}
	for _, r := range want {
		route, err := r.route(h)
		if err != nil {
			return err
		}
		wanted[routeKey(*route)] = true
		if err := h.RouteReplace(route); err != nil {
			return fmt.Errorf("route to %s via %s: %w", r.Destination, r.NextHop, err)
		}
	}
	for _, r := range have {
		if wanted[routeKey(r)] {
			continue
		}
		if err := h.RouteDel(&r); err != nil && err != unix.ESRCH {
			return fmt.Errorf("delete route %s: %w", r, err)
		}
	}
	return nil
}

func (r Route) route(h *netlink.Handle) (*netlink.Route, error) {
	route := &netlink.Route{Dst: ipNet(r.Destination.Masked()), Protocol: routeProtocol}
	if r.NextHop.IsValid() {
		route.Gw = r.NextHop.AsSlice()
	} else {
		route.Scope = netlink.SCOPE_LINK
	}
	if r.Device != "" {
		link, err := h.LinkByName(r.Device)
		if err != nil {
			return nil, fmt.Errorf("device %q: %w", r.Device, err)
		}
		route.LinkIndex = link.Attrs().Index
	}
	if r.OnLink {
		route.Flags = int(netlink.FLAG_ONLINK)
	}
	return route, nil
}

// routeKey is what the kernel tells routes apart by: destination (none is the default route) and family.
func routeKey(r netlink.Route) string {
	if r.Dst == nil {
		if r.Gw.To4() == nil {
			return "::/0"
		}
		return "0.0.0.0/0"
	}
	return r.Dst.String()
}

func ipNet(p netip.Prefix) *net.IPNet {
	return &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}
}

func prefixOf(n *net.IPNet) netip.Prefix {
	a, _ := netip.AddrFromSlice(n.IP)
	ones, _ := n.Mask.Size()
	return netip.PrefixFrom(a.Unmap(), ones)
}

// AddAddress adds an address to those that a device has.
func AddAddress(h *netlink.Handle, link netlink.Link, p netip.Prefix) error {
	if err := h.AddrReplace(link, &netlink.Addr{IPNet: ipNet(p)}); err != nil {
		return fmt.Errorf("add address %s to %q: %w", p, link.Attrs().Name, err)
	}
	return nil
}
