package host

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strings"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"cumulet/neutron/agent/netns"
)

// uplinkAlias begins the alias of the bridge that an interface is put into; how the interface was before follows, for when it
// is given back.
const uplinkAlias = "cumulet uplink, was "

// uplinkInterface connects the external bridge to an interface: directly where both are in the root namespace, else by a
// bridge of our own beside it.
func (h Host) uplinkInterface(e External) error {
	if h.Namespace == "" {
		return With("", func(n *netlink.Handle) error { return enslave(n, "", e.RealInterface, e.Bridge) })
	}
	bridge := h.uplinkName("exb")
	if err := With("", func(n *netlink.Handle) error { return takeInterface(n, e.RealInterface, bridge) }); err != nil {
		return err
	}
	return h.uplink(e, bridge)
}

// takeInterface puts an interface of the root namespace into a bridge of our own, if it has no other use.
func takeInterface(n *netlink.Handle, name, bridge string) error {
	link, err := n.LinkByName(name)
	if err != nil {
		return fmt.Errorf("interface %q: %w", name, err)
	}
	ours, err := n.LinkByName(bridge)
	if err == nil && strings.HasPrefix(ours.Attrs().Alias, uplinkAlias) && link.Attrs().MasterIndex == ours.Attrs().Index {
		return enslave(n, "", name, bridge)
	}
	if err := unused(n, link); err != nil {
		return err
	}
	was, err := stateOf(link)
	if err != nil {
		return err
	}
	if _, err := EnsureBridge(n, "", bridge, uplinkAlias+was.String()); err != nil {
		return err
	}
	return enslave(n, "", name, bridge)
}

// unused refuses an interface that the machine uses for something.
func unused(n *netlink.Handle, link netlink.Link) error {
	attrs := link.Attrs()
	if link.Type() == "bridge" {
		return fmt.Errorf("%q is a bridge: name it as external_bridge", attrs.Name)
	}
	if attrs.MasterIndex != 0 {
		return fmt.Errorf("interface %q has another use: it belongs to a bridge or a bond", attrs.Name)
	}
	addresses, err := List(func() ([]netlink.Addr, error) { return n.AddrList(link, unix.AF_UNSPEC) })
	if err != nil {
		return fmt.Errorf("addresses of %q: %w", attrs.Name, err)
	}
	for _, a := range addresses {
		if p := prefixOf(a.IPNet); !p.Addr().IsLinkLocalUnicast() || p.Addr().Is4() {
			return fmt.Errorf("interface %q has another use: it bears the address %s", attrs.Name, p)
		}
	}
	return nil
}

// interfaceState is how an interface was before it was taken.
type interfaceState struct{ up, muted bool }

func stateOf(link netlink.Link) (interfaceState, error) {
	muted, err := netns.Sysctl("", muteKey(link.Attrs().Name))
	if errors.Is(err, os.ErrNotExist) {
		err = nil // the kernel has no IPv6 at all
	}
	return interfaceState{link.Attrs().Flags&net.FlagUp != 0, muted == "1"}, err
}

func (s interfaceState) String() string { return fmt.Sprintf("up %t, without IPv6 %t", s.up, s.muted) }

// releaseInterface takes our bridge away, and gives the interface in it back as it was.
func (h Host) releaseInterface() error {
	name := h.uplinkName("exb")
	return With("", func(n *netlink.Handle) error {
		bridge, err := n.LinkByName(name)
		if Absent(err) {
			return nil
		}
		if err != nil {
			return err
		}
		links, err := List(n.LinkList)
		if err != nil {
			return err
		}
		var was interfaceState
		said := strings.TrimPrefix(bridge.Attrs().Alias, uplinkAlias)
		if _, err := fmt.Sscanf(said, "up %t, without IPv6 %t", &was.up, &was.muted); err != nil {
			return fmt.Errorf("how the interface in %q was is not known: its alias is %q", name, bridge.Attrs().Alias)
		}
		for _, l := range links {
			if l.Attrs().MasterIndex == bridge.Attrs().Index {
				if err := was.restore(n, l); err != nil {
					return fmt.Errorf("give interface %q back: %w", l.Attrs().Name, err)
				}
			}
		}
		if err := n.LinkDel(bridge); err != nil && !Absent(err) {
			return fmt.Errorf("delete %q: %w", name, err)
		}
		return nil
	})
}

func (s interfaceState) restore(n *netlink.Handle, link netlink.Link) error {
	if err := n.LinkSetNoMaster(link); err != nil {
		return err
	}
	if !s.up {
		if err := n.LinkSetDown(link); err != nil {
			return err
		}
	}
	if s.muted {
		return nil
	}
	err := netns.SetSysctl("", muteKey(link.Attrs().Name), "0")
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}
