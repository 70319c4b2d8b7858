package linuxbridge

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/vishvananda/netlink"

	"cumulet/neutron"
	"cumulet/neutron/agent/host"
)

// Names of devices, with the first characters of the network's id. The first two are upstream's, as
// linuxbridge_neutron_agent.py; exi and exo are the pair to a mapped bridge.
const (
	bridgePrefix = "brq"
	vxlanPrefix  = "vxlan-"
	innerPrefix  = "exi"
	outerPrefix  = "exo"
)

// aliasPrefix begins the alias of our bridges; the network's connection tracking zone follows, so that a restarted agent
// goes on with the same one and tracked connections stay valid.
const aliasPrefix = "cumulet zone "

// ensureNetwork makes the network's bridge and connects it to where its segment lies.
func (t *turn) ensureNetwork(id string) error {
	n, ok := t.networks[id]
	if !ok {
		return fmt.Errorf("the server named no network %s", id)
	}
	name := neutron.InterfaceName(bridgePrefix, id)
	bridge, err := host.EnsureBridge(t.h, t.Host.Namespace, name, aliasPrefix+strconv.Itoa(t.zones.of[id]))
	if err != nil {
		return err
	}
	switch n.Segment.Type {
	case neutron.Local:
	case neutron.VXLAN:
		err = t.ensureTunnel(n, bridge)
	case neutron.Flat:
		err = t.ensureFlat(n, bridge)
	default:
		err = fmt.Errorf("segments of type %q cannot be wired here", n.Segment.Type)
	}
	if err != nil {
		return err
	}
	t.bridges[id] = bridge
	return nil
}

// ensureFlat connects the bridge to the physical network: a mapped bridge by a pair of devices (so that what passes between
// is filtered as on every other network), a mapped interface by taking it in.
func (t *turn) ensureFlat(n neutron.WiredNetwork, bridge netlink.Link) error {
	physical := n.Segment.PhysicalNetwork
	if mapped, ok := t.Config.BridgeMappings[physical]; ok {
		outer := t.links[mapped]
		if outer == nil {
			return fmt.Errorf("bridge %q of physical network %q is not there", mapped, physical)
		}
		return t.ensurePair(n, bridge, outer)
	}
	mapped, ok := t.Config.InterfaceMappings[physical]
	if !ok {
		return fmt.Errorf("physical network %q is mapped to nothing on host %q", physical, t.Host.Name)
	}
	link := t.links[mapped]
	if link == nil {
		return fmt.Errorf("interface %q of physical network %q is not there", mapped, physical)
	}
	return host.Enslave(t.h, t.Host.Namespace, link, bridge, 0)
}

func (t *turn) ensurePair(n neutron.WiredNetwork, bridge, outer netlink.Link) error {
	near, far := neutron.InterfaceName(innerPrefix, n.ID), neutron.InterfaceName(outerPrefix, n.ID)
	pair := host.Veth{Namespace: t.Host.Namespace, Name: near, PeerNamespace: t.Host.Namespace, PeerName: far, MTU: n.MTU}
	if err := pair.Ensure(); err != nil {
		return err
	}
	for device, master := range map[string]netlink.Link{near: bridge, far: outer} {
		link, err := t.h.LinkByName(device)
		if err != nil {
			return fmt.Errorf("device %q: %w", device, err)
		}
		if err := host.Enslave(t.h, t.Host.Namespace, link, master, 0); err != nil {
			return err
		}
	}
	return nil
}

// sweep removes the bridges, tunnels and pairs of networks that have no port here any more. Taps belong to others.
func (t *turn) sweep() error {
	keep := map[string]bool{}
	for id := range t.networks {
		if _, made := t.bridges[id]; !made && t.failures[id] == nil {
			continue // ports are bound here, but none is plugged in
		}
		n := t.networks[id]
		for _, prefix := range []string{bridgePrefix, innerPrefix, outerPrefix} {
			keep[neutron.InterfaceName(prefix, id)] = true
		}
		if n.Segment.Type == neutron.VXLAN {
			keep[vxlanPrefix+strconv.Itoa(n.Segment.ID)] = true
		}
	}
	var errs []error
	for name, link := range t.links {
		if keep[name] || !ours(link) {
			continue
		}
		if err := t.h.LinkDel(link); err != nil && !host.Absent(err) {
			errs = append(errs, fmt.Errorf("delete %q: %w", name, err))
		}
	}
	return errors.Join(errs...)
}

// ours tells whether this agent made the device.
func ours(link netlink.Link) bool {
	name := link.Attrs().Name
	switch link.Type() {
	case "bridge":
		return strings.HasPrefix(name, bridgePrefix) && strings.HasPrefix(link.Attrs().Alias, aliasPrefix)
	case "vxlan":
		return strings.HasPrefix(name, vxlanPrefix)
	case "veth":
		return strings.HasPrefix(name, innerPrefix) && len(name) == len(innerPrefix)+11
	}
	return false
}
