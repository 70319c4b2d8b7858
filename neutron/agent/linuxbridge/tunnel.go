package linuxbridge

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"

	"github.com/vishvananda/netlink"
	vnetns "github.com/vishvananda/netns"
	"golang.org/x/sys/unix"

	"cumulet/neutron"
	"cumulet/neutron/agent/host"
)

// broadcastMAC is the forwarding entry for what goes to all: broadcast, multicast and unknown addresses.
const broadcastMAC = "00:00:00:00:00:00"

// ensureTunnel makes the network's VXLAN device and tells it behind which host each neighbour is (l2 population): nothing is
// learnt from packets and no multicast is needed. Without a tunnel address the network stays on this host.
func (t *turn) ensureTunnel(n neutron.WiredNetwork, bridge netlink.Link) error {
	if !t.Config.TunnelIP.IsValid() {
		return nil
	}
	link, err := t.vxlan(n)
	if err != nil {
		return err
	}
	if err := host.Enslave(t.h, t.Host.Namespace, link, bridge, n.MTU); err != nil {
		return err
	}
	return t.forward(link, n.Neighbours)
}

func (t *turn) vxlan(n neutron.WiredNetwork) (netlink.Link, error) {
	name := vxlanPrefix + strconv.Itoa(n.Segment.ID)
	if old, ok := t.links[name].(*netlink.Vxlan); ok {
		if old.SrcAddr.Equal(t.Config.TunnelIP.AsSlice()) && old.Port == t.tunnelPort() {
			return old, nil
		}
		if err := t.h.LinkDel(old); err != nil && !host.Absent(err) {
			return nil, fmt.Errorf("delete %q: %w", name, err)
		}
	}
	attrs := netlink.NewLinkAttrs()
	attrs.Name, attrs.MTU = name, n.MTU
	device := &netlink.Vxlan{LinkAttrs: attrs, VxlanId: n.Segment.ID, SrcAddr: t.Config.TunnelIP.AsSlice(), Port: t.tunnelPort()}
	if err := t.addTunnel(device); err != nil {
		return nil, fmt.Errorf("add %q: %w", name, err)
	}
	return t.h.LinkByName(name)
}

// addTunnel makes the device in the host's namespace. Its packets leave from where it was made: there, when that is where the
// tunnel's address is, else this process's own network, which joins it with other machines.
func (t *turn) addTunnel(device *netlink.Vxlan) error {
	inside, err := t.hasTunnelIP(t.h)
	if err != nil || inside {
		return errors.Join(err, t.h.LinkAdd(device))
	}
	namespace, err := vnetns.GetFromName(t.Host.Namespace)
	if err != nil {
		return err
	}
	defer namespace.Close()
	return host.With("", func(outside *netlink.Handle) error {
		if there, err := t.hasTunnelIP(outside); err != nil || !there {
			return errors.Join(err, fmt.Errorf("tunnel_ip: %s is no address of this host", t.Config.TunnelIP))
		}
		device.Namespace = netlink.NsFd(namespace)
		return outside.LinkAdd(device)
	})
}

func (t *turn) hasTunnelIP(h *netlink.Handle) (bool, error) {
	addresses, err := host.List(func() ([]netlink.Addr, error) { return h.AddrList(nil, netlink.FAMILY_ALL) })
	if err != nil {
		return false, fmt.Errorf("addresses: %w", err)
	}
	return slices.ContainsFunc(addresses, func(a netlink.Addr) bool { return a.IP.Equal(t.Config.TunnelIP.AsSlice()) }), nil
}

func (t *turn) tunnelPort() int {
	if t.Config.TunnelPort == 0 {
		return 4789
	}
	return t.Config.TunnelPort
}

func (t *turn) tunnelEnds() tunnelEnds {
	ends := tunnelEnds{port: t.tunnelPort(), own: t.Config.TunnelIP}
	for _, p := range t.wiring.Peers {
		if a, err := netip.ParseAddr(p.TunnelIP); err == nil && a.Is4() == ends.own.Is4() && a != ends.own {
			ends.peers = append(ends.peers, a)
		}
	}
	slices.SortFunc(ends.peers, netip.Addr.Compare)
	return ends
}

// entry is one line of the forwarding database: frames for mac go to the host at ip.
type entry struct{ mac, ip string }

func (t *turn) forward(link netlink.Link, neighbours []neutron.Neighbour) error {
	want := map[entry]bool{}
	for _, n := range neighbours {
		if _, err := netip.ParseAddr(n.TunnelIP); err != nil || n.TunnelIP == t.Config.TunnelIP.String() {
			continue
		}
		want[entry{broadcastMAC, n.TunnelIP}] = true
		if n.MAC != "" {
			want[entry{n.MAC, n.TunnelIP}] = true
		}
	}
	index := link.Attrs().Index
	have, err := host.List(func() ([]netlink.Neigh, error) { return t.h.NeighList(index, unix.AF_BRIDGE) })
	if err != nil {
		return fmt.Errorf("forwarding entries of %q: %w", link.Attrs().Name, err)
	}
	var errs []error
	for _, n := range have {
		e := entry{n.HardwareAddr.String(), n.IP.String()}
		if n.IP == nil || want[e] {
			delete(want, e)
			continue
		}
		errs = append(errs, t.h.NeighDel(&n))
	}
	for e := range want {
		mac, err := net.ParseMAC(e.mac)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		errs = append(errs, t.h.NeighAppend(&netlink.Neigh{
			LinkIndex: index, Family: unix.AF_BRIDGE, State: unix.NUD_PERMANENT | unix.NUD_NOARP, Flags: netlink.NTF_SELF,
			HardwareAddr: mac, IP: net.ParseIP(e.ip),
		}))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("forwarding entries of %q: %w", link.Attrs().Name, err)
	}
	return nil
}
