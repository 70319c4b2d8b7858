package host

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"cumulet/neutron/agent/netns"
)

// Host says where the agents of one host work.
type Host struct {
	// Name is the host's, as agents report it and ports are bound to it.
	Name string
	// Namespace is the network namespace that is the host; empty: the root namespace.
	Namespace string
	// Prefix begins the names of all namespaces that agents make, so that hosts and clouds can share a machine.
	Prefix string
}

// What follows the prefix in a namespace's name, as neutron/agent/l3/namespaces.py and neutron/agent/linux/dhcp.py.
const (
	routerNamespace = "qrouter-"
	dhcpNamespace   = "qdhcp-"
)

// Router is the name of a router's namespace.
func (h Host) Router(id string) string { return h.Prefix + routerNamespace + id }

// DHCP is the name of the namespace that serves DHCP on a network.
func (h Host) DHCP(networkID string) string { return h.Prefix + dhcpNamespace + networkID }

// Routers are the ids of the routers that have namespaces here.
func (h Host) Routers() ([]string, error) { return h.ids(routerNamespace) }

// Networks are the ids of the networks that have DHCP namespaces here.
func (h Host) Networks() ([]string, error) { return h.ids(dhcpNamespace) }

func (h Host) ids(kind string) ([]string, error) {
	names, err := netns.List()
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, name := range names {
		if id, ok := strings.CutPrefix(name, h.Prefix+kind); ok {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// Owned are the names of all namespaces that agents made for this host; the node namespace is not among them.
func (h Host) Owned() ([]string, error) {
	names, err := netns.List()
	if err != nil {
		return nil, err
	}
	var owned []string
	for _, name := range names {
		rest, ok := strings.CutPrefix(name, h.Prefix)
		if ok && (strings.HasPrefix(rest, routerNamespace) || strings.HasPrefix(rest, dhcpNamespace)) {
			owned = append(owned, name)
		}
	}
	return owned, nil
}

// Prepare makes the node namespace and sets what the agents rely on: bridges that hand packets to the filters.
func (h Host) Prepare() error {
	if err := netns.Ensure(h.Namespace); err != nil {
		return err
	}
	if err := Up(h.Namespace, "lo"); err != nil {
		return err
	}
	if err := loadBridgeFilter(); err != nil {
		return err
	}
	for _, key := range bridgeFilterKeys {
		if err := netns.SetSysctl(h.Namespace, key, "1"); err != nil {
			return fmt.Errorf("set %s: %w", key, err)
		}
	}
	return nil
}

// bridgeFilterKeys let the filters see what passes through bridges.
var bridgeFilterKeys = [...]string{"net/bridge/bridge-nf-call-iptables", "net/bridge/bridge-nf-call-ip6tables"}

// loadBridgeFilter loads the kernel's module if it is one and not there yet.
func loadBridgeFilter() error {
	path := "/proc/sys/" + bridgeFilterKeys[0]
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	said, err := exec.Command("/sbin/modprobe", "br_netfilter").CombinedOutput()
	if err == nil {
		_, err = os.Stat(path)
	}
	if err != nil {
		return fmt.Errorf("security groups need the kernel module br_netfilter, which cannot be loaded (modprobe br_netfilter): %w: %s",
			err, firstLines(string(said), 1))
	}
	return nil
}

// Clean removes all that Prepare, External and the agents made here. In the root namespace only namespaces and what
// External made go; bridges there are the Linux bridge agent's to remove.
func (h Host) Clean() error {
	owned, err := h.Owned()
	if err != nil {
		return err
	}
	errs := []error{h.removeUplinks()}
	for _, name := range owned {
		errs = append(errs, netns.Delete(name))
	}
	return errors.Join(append(errs, netns.Delete(h.Namespace))...)
}
