package agent_test

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/vishvananda/netlink"

	"cumulet/neutron/agent/host"
	"cumulet/neutron/agent/netns"
)

// machine is a namespace that stands for the root one, with an interface "nic" whose cable leads to a namespace of its own,
// where the outside's router has the address 172.24.4.1.
type machine struct {
	t             *testing.T
	name, outside string
}

func newMachine(t *testing.T) *machine {
	t.Helper()
	m := &machine{t, "ctm" + newID()[:8], "cto" + newID()[:8]}
	for _, name := range []string{m.name, m.outside} {
		must(t, netns.Ensure(name))
		t.Cleanup(func() { must(t, netns.Delete(name)) })
	}
	must(t, host.Veth{Namespace: m.name, Name: "nic", PeerNamespace: m.outside, PeerName: "cable"}.Ensure())
	must(t, host.With(m.outside, func(h *netlink.Handle) error {
		link, err := h.LinkByName("cable")
		if err != nil {
			return err
		}
		return host.EnsureAddresses(h, link, []netip.Prefix{netip.MustParsePrefix("172.24.4.1/24")})
	}))
	return m
}

// do runs what works in the root namespace as if this were it.
func (m *machine) do(fn func() error) error { return netns.Do(m.name, fn) }

// state is all that there is to say of the machine's devices.
func (m *machine) state() string {
	m.t.Helper()
	var all []string
	must(m.t, host.With(m.name, func(h *netlink.Handle) error {
		links, err := h.LinkList()
		for _, l := range links {
			a := l.Attrs()
			muted, err := netns.Sysctl(m.name, "net/ipv6/conf/"+a.Name+"/disable_ipv6")
			must(m.t, err)
			all = append(all, fmt.Sprintf("%s up=%t master=%d promiscuous=%d mtu=%d disable_ipv6=%s", a.Name, a.Flags&net.FlagUp != 0, a.MasterIndex, a.Promisc, a.MTU, muted))
		}
		return err
	}))
	return strings.Join(all, "\n")
}

// external joins a cloud's external network to the machine and tells whether the outside answers a router there.
func (m *machine) external(c *cloud, e host.External) {
	m.t.Helper()
	e.Bridge = "br-real"
	for range 2 { // the second time nothing changes
		must(m.t, m.do(func() error { return c.host.EnsureExternal(e) }))
	}
	must(m.t, host.With(c.host.Namespace, func(h *netlink.Handle) error {
		bridge, err := h.LinkByName(e.Bridge)
		if err != nil {
			return err
		}
		return host.AddAddress(h, bridge, netip.MustParsePrefix("172.24.4.7/24"))
	}))
	must(m.t, host.Remove(c.host.Namespace, "br-ex")) // it has the outside's address
	c.eventually("the outside answers", func() bool { return ping(c.host.Namespace, netip.Addr{}, netip.MustParseAddr("172.24.4.1")) })
}

func TestRealInterfaceJoinsTheOutsideAndIsGivenBack(t *testing.T) {
	t.Parallel()
	for claim, up := range map[string]bool{"one that was down": false, "one that was up": true} {
		t.Run(claim, func(t *testing.T) {
			t.Parallel()
			c, m := newCloud(t), newMachine(t)
			if up {
				must(t, host.Up(m.name, "nic"))
			}
			before := m.state()
			m.external(c, host.External{RealInterface: "nic"})
			if now := m.state(); now == before || !strings.Contains(now, "exb") {
				t.Errorf("the machine's devices are\n%s", now)
			}
			must(t, m.do(c.host.Clean))
			c.eventually("the machine is as before", func() bool { return m.state() == before })
			must(t, m.do(c.host.Clean)) // there is nothing more to do
		})
	}
}

func TestRealBridgeJoinsTheOutsideAndIsGivenBack(t *testing.T) {
	t.Parallel()
	c, m := newCloud(t), newMachine(t)
	must(t, host.With(m.name, func(h *netlink.Handle) error {
		bridge, err := host.EnsureBridge(h, m.name, "br0", "")
		if err != nil {
			return err
		}
		nic, err := h.LinkByName("nic")
		if err != nil {
			return err
		}
		return host.Enslave(h, m.name, nic, bridge, 0)
	}))
	before := m.state()
	m.external(c, host.External{RealBridge: "br0"})
	must(t, m.do(c.host.Clean))
	c.eventually("the machine is as before", func() bool { return m.state() == before })
}

func TestInterfaceWithAnotherUseIsRefused(t *testing.T) {
	t.Parallel()
	c, m := newCloud(t), newMachine(t)
	before := m.state()
	refused := func(name, want string) {
		t.Helper()
		err := m.do(func() error { return c.host.EnsureExternal(host.External{Bridge: "br-ex", RealInterface: name}) })
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	refused("nowhere", `interface "nowhere"`)
	must(t, host.With(m.name, func(h *netlink.Handle) error {
		link, err := h.LinkByName("nic")
		if err != nil {
			return err
		}
		return host.EnsureAddresses(h, link, []netip.Prefix{netip.MustParsePrefix("192.0.2.7/24")})
	}))
	refused("nic", "bears the address 192.0.2.7/24")
	if now := m.state(); now != before {
		t.Errorf("the machine's devices are\n%s\nbefore\n%s", now, before)
	}
	must(t, host.With(m.name, func(h *netlink.Handle) error {
		_, err := host.EnsureBridge(h, m.name, "br0", "")
		return err
	}))
	refused("br0", "name it as external_bridge")
}
