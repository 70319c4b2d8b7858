package agent_test

import (
	"net/netip"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"cumulet/neutron"
	"cumulet/neutron/agent/host"
	"cumulet/neutron/agent/netns"
)

func TestGuestConfiguresItselfByAdvertisements(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.run(c.bridge.Run)
	c.run(c.l3.Run)
	w := c.network("10.11.0.0/24", local)
	prefix := netip.MustParsePrefix("fd00:200::1/64")
	inside := neutron.ServedInterface{PortID: newID(), NetworkID: w.id, MAC: randomMAC(), AdminUp: true, MTU: 1400,
		Addresses: []neutron.ServedAddress{{Prefix: prefix, Gateway: prefix.Addr(), RAMode: neutron.ModeSLAAC, AddressMode: neutron.ModeSLAAC}}}
	c.change(func() {
		c.wiring.Ports = append(c.wiring.Ports, neutron.WiredPort{ID: inside.PortID, NetworkID: w.id, MAC: inside.MAC, AdminUp: true,
			DeviceOwner: neutron.OwnerRouterInterface, Status: neutron.Build})
		c.routers = []neutron.ServedRouter{{ID: newID(), AdminUp: true, Interfaces: []neutron.ServedInterface{inside}}}
	})
	c.eventually("router wired", func() bool { return c.active(inside.PortID) })
	g := c.guest(w, "g", "10.11.0.10", c.group())
	// The link is set down and up: the kernel solicits anew.
	must(t, netns.SetSysctl(g.namespace, "net/ipv6/conf/eth0/accept_ra", "2"))
	must(t, host.With(g.namespace, func(h *netlink.Handle) error {
		link, err := h.LinkByName("eth0")
		if err != nil {
			return err
		}
		if err := h.LinkSetDown(link); err != nil {
			return err
		}
		return h.LinkSetUp(link)
	}))
	c.eventually("an address of the prefix", func() bool {
		found := false
		must(t, host.With(g.namespace, func(h *netlink.Handle) error {
			link, err := h.LinkByName("eth0")
			if err != nil {
				return err
			}
			addresses, err := host.List(func() ([]netlink.Addr, error) { return h.AddrList(link, unix.AF_INET6) })
			for _, a := range addresses {
				ip, _ := netip.AddrFromSlice(a.IP)
				found = found || prefix.Contains(ip)
			}
			return err
		}))
		return found
	})
}
