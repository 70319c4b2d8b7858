package host

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/vishvananda/netlink"
)

// External is the host's external network: a bridge in the node namespace that a physical network is mapped to.
type External struct {
	Bridge string // "br-ex"
	// Gateways are addresses of the host on it, with the length of their subnet; empty when a real router stands there.
	Gateways []netip.Prefix
	// RealBridge or RealInterface, both in the root namespace, put the network on a real one.
	RealBridge, RealInterface string
}

// EnsureExternal makes the external network's bridge, gives it its addresses, and connects it to the real one if there is
// one. An interface taken as RealInterface must have no use but this.
func (h Host) EnsureExternal(e External) error {
	if err := h.Prepare(); err != nil {
		return err
	}
	err := With(h.Namespace, func(n *netlink.Handle) error {
		bridge, err := EnsureBridge(n, h.Namespace, e.Bridge, "")
		if err != nil || len(e.Gateways) == 0 {
			return err
		}
		return EnsureAddresses(n, bridge, e.Gateways)
	})
	if err != nil {
		return fmt.Errorf("external bridge %q: %w", e.Bridge, err)
	}
	switch {
	case e.RealBridge != "":
		err = h.uplink(e, e.RealBridge)
	case e.RealInterface != "":
		err = h.uplinkInterface(e)
	}
	if err != nil {
		return fmt.Errorf("uplink of external bridge %q: %w", e.Bridge, err)
	}
	return nil
}

// uplink connects the external bridge to a bridge in the root namespace by a pair of devices.
func (h Host) uplink(e External, real string) error {
	near, far := h.uplinkName("exn"), h.uplinkName("exr")
	pair := Veth{Namespace: h.Namespace, Name: near, PeerName: far}
	if err := pair.Ensure(); err != nil {
		return err
	}
	if err := With("", func(n *netlink.Handle) error { return enslave(n, "", far, real) }); err != nil {
		return err
	}
	return With(h.Namespace, func(n *netlink.Handle) error { return enslave(n, h.Namespace, near, e.Bridge) })
}

// uplinkName is one name for each node namespace of the machine, short enough for a device.
func (h Host) uplinkName(kind string) string { return kind + digest(h.Prefix+h.Namespace) }

func enslave(n *netlink.Handle, namespace, device, bridge string) error {
	link, err := n.LinkByName(device)
	if err != nil {
		return fmt.Errorf("device %q: %w", device, err)
	}
	master, err := n.LinkByName(bridge)
	if err != nil {
		return fmt.Errorf("bridge %q: %w", bridge, err)
	}
	return Enslave(n, namespace, link, master, 0)
}

// removeUplinks takes away what EnsureExternal put into the root namespace, and gives the interface back.
func (h Host) removeUplinks() error {
	return errors.Join(Remove("", h.uplinkName("exr")), h.releaseInterface())
}
