package host

import (
	"errors"
	"fmt"
	"net"
	"os"

	"github.com/vishvananda/netlink"
	vnetns "github.com/vishvananda/netns"
	"golang.org/x/sys/unix"

	"cumulet/neutron/agent/netns"
)

// Up sets a device up.
func Up(namespace, device string) error {
	return With(namespace, func(h *netlink.Handle) error {
		link, err := h.LinkByName(device)
		if err != nil {
			return fmt.Errorf("device %q: %w", device, err)
		}
		return h.LinkSetUp(link)
	})
}

// With runs fn with a netlink handle inside the namespace.
func With(namespace string, fn func(*netlink.Handle) error) error {
	h, err := netns.Handle(namespace)
	if err != nil {
		return err
	}
	defer h.Close()
	return fn(h)
}

// List reads a list from the kernel; one that changed while it was read is read again.
func List[T any](read func() ([]T, error)) ([]T, error) {
	for range 20 {
		all, err := read()
		if !errors.Is(err, netlink.ErrDumpInterrupted) {
			return all, err
		}
	}
	return read()
}

// Absent tells whether an error says that a device is not there.
func Absent(err error) bool {
	return errors.As(err, &netlink.LinkNotFoundError{}) || errors.Is(err, unix.ENODEV)
}

// EnsureBridge makes the bridge in the namespace, up, without spanning tree and with no IPv6 of its own. The alias says
// whose it is; a bridge that is there keeps what it has.
func EnsureBridge(h *netlink.Handle, namespace, name, alias string) (netlink.Link, error) {
	link, err := h.LinkByName(name)
	if Absent(err) {
		attrs := netlink.NewLinkAttrs()
		attrs.Name = name
		snooping := false // no querier stands on tenants' networks: groups would be forgotten
		if err := h.LinkAdd(&netlink.Bridge{LinkAttrs: attrs, MulticastSnooping: &snooping}); err != nil {
			return nil, fmt.Errorf("add bridge %q: %w", name, err)
		}
		link, err = h.LinkByName(name)
	}
	if err != nil {
		return nil, fmt.Errorf("bridge %q: %w", name, err)
	}
	if link.Type() != "bridge" {
		return nil, fmt.Errorf("device %q is a %s, no bridge", name, link.Type())
	}
	if alias != "" && link.Attrs().Alias != alias {
		if err := h.LinkSetAlias(link, alias); err != nil {
			return nil, fmt.Errorf("alias of bridge %q: %w", name, err)
		}
	}
	if link.Attrs().Flags&net.FlagUp == 0 {
		if err := mute(namespace, name); err != nil {
			return nil, err
		}
		if err := h.LinkSetUp(link); err != nil {
			return nil, fmt.Errorf("set bridge %q up: %w", name, err)
		}
	}
	return link, nil
}

// mute takes IPv6 off a device, so that the host does not take part in the network that passes through it.
func mute(namespace, device string) error {
	err := netns.SetSysctl(namespace, muteKey(device), "1")
	if errors.Is(err, os.ErrNotExist) {
		return nil // the kernel has no IPv6 at all
	}
	return err
}

func muteKey(device string) string { return "net/ipv6/conf/" + device + "/disable_ipv6" }

// Enslave puts a device into a bridge and sets it up, with the MTU if that is not 0.
func Enslave(h *netlink.Handle, namespace string, link, bridge netlink.Link, mtu int) error {
	name := link.Attrs().Name
	if mtu != 0 && link.Attrs().MTU != mtu {
		if err := h.LinkSetMTU(link, mtu); err != nil {
			return fmt.Errorf("set MTU %d of %q: %w", mtu, name, err)
		}
	}
	if link.Attrs().MasterIndex != bridge.Attrs().Index {
		if err := mute(namespace, name); err != nil {
			return err
		}
		if err := h.LinkSetMaster(link, bridge); err != nil {
			return fmt.Errorf("put %q into bridge %q: %w", name, bridge.Attrs().Name, err)
		}
	}
	if link.Attrs().Flags&net.FlagUp == 0 {
		if err := h.LinkSetUp(link); err != nil {
			return fmt.Errorf("set %q up: %w", name, err)
		}
	}
	return nil
}

// Veth is a pair of devices, one end in the host's namespace and the other in another one.
type Veth struct {
	Namespace, Name         string
	PeerNamespace, PeerName string
	PeerMAC                 string // empty: as the kernel likes
	MTU                     int    // 0: as the kernel likes
}

// Ensure makes the pair and sets the peer up; the near end is left to who puts it into a bridge. A pair of which one end is
// missing or has another MAC is made anew.
func (v Veth) Ensure() error {
	return With(v.Namespace, func(h *netlink.Handle) error {
		return With(v.PeerNamespace, func(peer *netlink.Handle) error {
			link, err := peer.LinkByName(v.PeerName)
			if err != nil && !Absent(err) {
				return err
			}
			near, nearErr := h.LinkByName(v.Name)
			if err == nil && nearErr == nil && (v.PeerMAC == "" || link.Attrs().HardwareAddr.String() == v.PeerMAC) {
				return v.settle(peer, link)
			}
			if nearErr == nil {
				if err := h.LinkDel(near); err != nil {
					return fmt.Errorf("delete %q: %w", v.Name, err)
				}
			} else if err == nil {
				if err := peer.LinkDel(link); err != nil && !Absent(err) {
					return fmt.Errorf("delete %q: %w", v.PeerName, err)
				}
			}
			return v.create(h, peer)
		})
	})
}

func (v Veth) create(h, peer *netlink.Handle) error {
	attrs := netlink.NewLinkAttrs()
	attrs.Name, attrs.MTU = v.Name, v.MTU
	pair := netlink.NewVeth(attrs)
	pair.PeerName, pair.PeerMTU = v.PeerName, uint32(v.MTU)
	if v.PeerMAC != "" {
		mac, err := net.ParseMAC(v.PeerMAC)
		if err != nil {
			return err
		}
		pair.PeerHardwareAddr = mac
	}
	ns, err := vnetns.GetFromPath(namespacePath(v.PeerNamespace))
	if err != nil {
		return fmt.Errorf("open namespace %q: %w", v.PeerNamespace, err)
	}
	defer ns.Close()
	pair.PeerNamespace = netlink.NsFd(ns)
	if err := h.LinkAdd(pair); err != nil {
		return fmt.Errorf("add pair %q and %q: %w", v.Name, v.PeerName, err)
	}
	link, err := peer.LinkByName(v.PeerName)
	if err != nil {
		return fmt.Errorf("device %q: %w", v.PeerName, err)
	}
	return v.settle(peer, link)
}

func (v Veth) settle(peer *netlink.Handle, link netlink.Link) error {
	if v.MTU != 0 && link.Attrs().MTU != v.MTU {
		if err := peer.LinkSetMTU(link, v.MTU); err != nil {
			return fmt.Errorf("set MTU of %q: %w", v.PeerName, err)
		}
	}
	return peer.LinkSetUp(link)
}

// namespacePath is the file of a namespace. The root one is that of the calling thread: /proc/self is the process's first
// thread, which may just be inside another one for someone else.
func namespacePath(name string) string {
	if name == "" {
		return "/proc/thread-self/ns/net"
	}
	return netns.Path(name)
}

// Remove deletes a device; one that is not there is no error.
func Remove(namespace, device string) error {
	return With(namespace, func(h *netlink.Handle) error {
		link, err := h.LinkByName(device)
		if Absent(err) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := h.LinkDel(link); err != nil && !Absent(err) {
			return fmt.Errorf("delete %q: %w", device, err)
		}
		return nil
	})
}
