package netns

import (
	"context"
	"fmt"
	"net"
	"os"
	"strings"

	"github.com/vishvananda/netlink"
	vnetns "github.com/vishvananda/netns"
	"golang.org/x/sys/unix"
)

// Handle opens a netlink handle inside the namespace, for routes, links and addresses. Close it.
func Handle(name string) (*netlink.Handle, error) {
	var h *netlink.Handle
	err := Do(name, func() (err error) {
		h, err = netlink.NewHandle(unix.NETLINK_ROUTE)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("netlink in namespace %q: %w", name, err)
	}
	return h, nil
}

// Links tells of every change of the namespace's links until ctx ends; the links that exist come first. The channel is
// closed when the subscription ends, for lost is told when the kernel dropped some.
func Links(ctx context.Context, name string, lost func(error)) (<-chan netlink.LinkUpdate, error) {
	updates := make(chan netlink.LinkUpdate, 64)
	options := netlink.LinkSubscribeOptions{ErrorCallback: lost, ListExisting: true}
	if name != "" {
		ns, err := vnetns.GetFromName(name)
		if err != nil {
			return nil, fmt.Errorf("open namespace %q: %w", name, err)
		}
		defer ns.Close()
		options.Namespace = &ns
	}
	if err := netlink.LinkSubscribeWithOptions(updates, ctx.Done(), options); err != nil {
		return nil, fmt.Errorf("subscribe to links of namespace %q: %w", name, err)
	}
	return updates, nil
}

// Listen opens a stream listener inside the namespace.
func Listen(ctx context.Context, name, network, address string, c net.ListenConfig) (net.Listener, error) {
	var l net.Listener
	err := Do(name, func() (err error) {
		l, err = c.Listen(ctx, network, address)
		return err
	})
	return l, err
}

// ListenPacket opens a packet socket inside the namespace.
func ListenPacket(ctx context.Context, name, network, address string, c net.ListenConfig) (net.PacketConn, error) {
	var p net.PacketConn
	err := Do(name, func() (err error) {
		p, err = c.ListenPacket(ctx, network, address)
		return err
	})
	return p, err
}

// Sysctl reads what SetSysctl writes.
func Sysctl(name, key string) (value string, err error) {
	err = Do(name, func() error {
		text, err := os.ReadFile("/proc/sys/" + key)
		value = strings.TrimSpace(string(text))
		return err
	})
	return value, err
}

// SetSysctl writes a value below /proc/sys inside the namespace: key with slashes ("net/ipv4/ip_forward"). A value that is
// set already is not written again.
func SetSysctl(name, key, value string) error {
	return Do(name, func() error {
		path := "/proc/sys/" + key
		old, err := os.ReadFile(path)
		if err == nil && strings.TrimSpace(string(old)) == value {
			return nil
		}
		if err != nil {
			return err
		}
		return os.WriteFile(path, []byte(value), 0o644)
	})
}
