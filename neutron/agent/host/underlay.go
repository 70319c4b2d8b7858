package host

import (
	"context"
	"fmt"
	"net/netip"

	"github.com/vishvananda/netlink"

	"cumulet/neutron/agent/netns"
)

// Underlay is the wire between hosts that share a machine: a bridge in a namespace of its own, and a pair of devices to each
// host. Tunnels go over it, so it carries what they add to a frame of MTU bytes.
type Underlay struct {
	Namespace string
	MTU       int
}

// The bridge, and the device that a host has on it.
const (
	underlayBridge = "br-underlay"
	underlayDevice = "underlay"
)

// Ensure makes the underlay.
func (u Underlay) Ensure() error {
	if err := netns.Ensure(u.Namespace); err != nil {
		return err
	}
	err := With(u.Namespace, func(h *netlink.Handle) error {
		_, err := EnsureBridge(h, u.Namespace, underlayBridge, "")
		return err
	})
	if err != nil {
		return fmt.Errorf("underlay: %w", err)
	}
	return nil
}

// Join gives a host its device on the underlay with this address, the end of its tunnels.
func (u Underlay) Join(ctx context.Context, h Host, address netip.Prefix) error {
	if err := h.Prepare(); err != nil {
		return err
	}
	near := "u" + digest(h.Namespace)
	pair := Veth{Namespace: u.Namespace, Name: near, PeerNamespace: h.Namespace, PeerName: underlayDevice, MTU: u.MTU}
	if err := pair.Ensure(); err != nil {
		return fmt.Errorf("join the underlay: %w", err)
	}
	// Before the device has an address: nothing may come to it by another one.
	if err := Filter(ctx, h.Namespace, underlayFilter(address)); err != nil {
		return fmt.Errorf("guard the underlay: %w", err)
	}
	err := With(h.Namespace, func(n *netlink.Handle) error {
		link, err := n.LinkByName(underlayDevice)
		if err != nil {
			return fmt.Errorf("device %q: %w", underlayDevice, err)
		}
		return EnsureAddresses(n, link, []netip.Prefix{address})
	})
	if err != nil {
		return fmt.Errorf("join the underlay: %w", err)
	}
	return With(u.Namespace, func(n *netlink.Handle) error {
		link, err := n.LinkByName(near)
		if err != nil {
			return fmt.Errorf("device %q: %w", near, err)
		}
		bridge, err := n.LinkByName(underlayBridge)
		if err != nil {
			return fmt.Errorf("bridge %q: %w", underlayBridge, err)
		}
		return Enslave(n, u.Namespace, link, bridge, u.MTU)
	})
}

// underlayFilter keeps the underlay to the hosts: a guest that comes in by a router's gateway neither reaches an end of the
// tunnels by its address, nor is it forwarded to one.
func underlayFilter(address netip.Prefix) string {
	return fmt.Sprintf(`table ip cumulet-underlay
delete table ip cumulet-underlay
table ip cumulet-underlay {
chain input { type filter hook input priority -10; policy accept;
iifname != { "lo", %[1]q } ip daddr %[2]s drop
iifname %[1]q ip saddr != %[2]s drop
}
chain forward { type filter hook forward priority -10; policy accept;
iifname %[1]q drop
oifname %[1]q drop
}
}
`, underlayDevice, address.Masked())
}

// Remove takes the underlay away, and with it every host's device on it.
func (u Underlay) Remove() error { return netns.Delete(u.Namespace) }
