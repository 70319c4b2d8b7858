package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"

	"golang.org/x/sync/errgroup"

	"cumulet/neutron/agent/host"
	"cumulet/nova/virt/libvirt/daemon"
)

// externalBridge is the external network's bridge in the namespace of the network host.
const externalBridge = "br-ex"

// node is one of the hosts that this process stands for: a network namespace, in which its agents work and its guests live.
type node struct {
	host.Host
	data     dataDir
	tunnelIP netip.Addr // its end of the tunnels to other hosts
	network  bool       // whether routers, DHCP and the external network are here
}

// runner is what a role does.
type runner = func(ctx context.Context, ready func()) error

// hostNames are the names of the hosts that one machine stands for; the first bears the machine's.
func hostNames(first string, count int) []string {
	names := []string{first}
	for i := 2; i <= count; i++ {
		names = append(names, fmt.Sprintf("%s-%d", first, i))
	}
	return names
}

// hostsInWords is a number of hosts as progress says it.
func hostsInWords(count int) string {
	if count == 1 {
		return "the host"
	}
	return fmt.Sprintf("%d hosts", count)
}

// nodes are this process's hosts, the network host first.
func (p *process) nodes() []node {
	count := p.config.Hosts
	if p.fakes() {
		count = p.config.FakeHosts
	}
	var all []node
	for i, name := range hostNames(p.config.Host, count) {
		n := newNode(p.data, name)
		n.network, n.tunnelIP = i == 0, p.config.TunnelIP
		if p.config.joined() {
			n.tunnelIP = nth(p.config.Underlay, i+1)
		}
		all = append(all, n)
	}
	return all
}

func newNode(d dataDir, name string) node {
	namespace := nodeNamespace(d, name)
	return node{Host: host.Host{Name: name, Namespace: namespace, Prefix: namespace + "-"}, data: d}
}

// networkNode is the one of this process's hosts on which routers, DHCP and the external network are.
func (p *process) networkNode() node { return p.nodes()[0] }

// onEachHost runs something for each of this process's hosts; it is ready when all are, and ends with the first that does.
func (p *process) onEachHost(on func(node) runner) runner {
	return func(ctx context.Context, ready func()) error {
		all, ctx := errgroup.WithContext(ctx)
		nodes := p.nodes()
		var waiting atomic.Int64
		waiting.Store(int64(len(nodes)))
		for _, n := range nodes {
			run := on(n)
			all.Go(func() error {
				err := run(ctx, sync.OnceFunc(func() {
					if waiting.Add(-1) == 0 {
						ready()
					}
				}))
				if err != nil && len(nodes) > 1 {
					return fmt.Errorf("on host %q: %w", n.Name, err)
				}
				return err
			})
		}
		return all.Wait()
	}
}

// nodeNamespace is the network namespace that stands for a host.
func nodeNamespace(d dataDir, hostName string) string { return d.prefix() + "-" + hostName }

// underlay is the wire that joins the hosts of a machine, named after the first of them. Its MTU leaves room for a tunnel's
// headers around whole frames.
func underlay(d dataDir, first string, mtu int) host.Underlay {
	return host.Underlay{Namespace: nodeNamespace(d, first) + "-underlay", MTU: mtu}
}

// checkMachine says what a start would fail for.
func checkMachine(config Config) error {
	if config.Drivers == fakeDrivers {
		return nil
	}
	if os.Geteuid() != 0 {
		return errors.New("a cloud needs root, for network namespaces and guests: run it with sudo (or try the APIs alone with CUMULET_DRIVERS=fake and --data)")
	}
	missing := daemon.Missing()
	if !installed("nft") {
		missing = append(missing, "nftables")
	}
	if len(missing) > 0 {
		return fmt.Errorf("these Debian packages are missing: %s. `make packages` installs them", strings.Join(missing, " "))
	}
	return nil
}

// installed tells whether there is a program of that name, also where PATH is a user's, without the administrator's folders.
func installed(program string) bool {
	for _, name := range []string{program, "/usr/sbin/" + program, "/sbin/" + program} {
		if _, err := exec.LookPath(name); err == nil {
			return true
		}
	}
	return false
}

// startHosts makes the hosts' networks and starts their hypervisors, or takes over what runs.
func startHosts(ctx context.Context, p *process, hypervisors bool) error {
	nodes := p.nodes()
	release, err := holdFolder(p.data.path("hosts"))
	if err != nil {
		return err
	}
	defer release()
	for _, n := range nodes { // in order: the folders tell how many there were, see knownHosts
		if err := os.MkdirAll(p.data.path("hosts", n.Name), 0o700); err != nil {
			return err
		}
	}
	if err := p.wireHosts(ctx, nodes); errors.Is(err, syscall.EPERM) {
		return fmt.Errorf("root may not make network namespaces here (a container needs the capability SYS_ADMIN for it, as by `docker run --privileged`): %w", err)
	} else if err != nil {
		return err
	}
	if !hypervisors {
		return nil
	}
	return p.startHypervisors(ctx, nodes)
}

// wireHosts makes the hosts' namespaces, the external network on the network host, and what joins them.
func (p *process) wireHosts(ctx context.Context, nodes []node) error {
	e := p.config.External
	cidr, err := netip.ParsePrefix(e.CIDR)
	if err != nil {
		return err
	}
	external := host.External{Bridge: externalBridge, RealBridge: e.Bridge, RealInterface: e.Interface}
	if !e.real() {
		external.Gateways = []netip.Prefix{netip.PrefixFrom(e.Gateway, cidr.Bits())}
	}
	if e.Physical == "" {
		err = p.networkNode().Prepare()
	} else {
		err = p.networkNode().EnsureExternal(external)
	}
	if err != nil {
		return err
	}
	under := underlay(p.data, p.config.Host, p.config.Neutron.MTU)
	if !p.config.joined() {
		return under.Remove() // there may have been more hosts before
	}
	if err := under.Ensure(); err != nil {
		return err
	}
	for _, n := range nodes {
		if err := under.Join(ctx, n.Host, netip.PrefixFrom(n.tunnelIP, p.config.Underlay.Bits())); err != nil {
			return fmt.Errorf("host %q: %w", n.Name, err)
		}
	}
	return nil
}

// joined tells whether this machine stands for several hosts, which an underlay joins.
func (c *Config) joined() bool { return c.Drivers == realDrivers && c.Hosts > 1 }

// hostsMost bounds how many hosts one machine stands for: each has a libvirtd of its own.
const hostsMost = 64

// checkHosts refuses hosts that cannot be joined.
func (c *Config) checkHosts() error {
	if c.Hosts < 0 || c.Hosts > hostsMost {
		return fmt.Errorf("hosts: %d is not between 1 and %d", c.Hosts, hostsMost)
	}
	if !c.Underlay.Addr().Is4() || c.Underlay != c.Underlay.Masked() || c.Underlay.Bits() > 24 || c.Underlay.Bits() < 8 {
		return fmt.Errorf("underlay: %s is no IPv4 network with a prefix of 8 to 24 bits, such as %s", c.Underlay, defaultConfig().Underlay)
	}
	if c.Hosts > 1 && c.TunnelIP != defaultConfig().TunnelIP {
		return errors.New("tunnel_ip: the tunnels between several hosts of one machine end on the underlay; name either hosts or a tunnel_ip")
	}
	return nil
}

// nth is the nth address of a network.
func nth(network netip.Prefix, n int) netip.Addr {
	a := network.Addr()
	for range n {
		a = a.Next()
	}
	return a
}

// knownHosts are the names that this machine's hosts have in the cloud since their first start, or none: the machine may be
// renamed, its guests stay recorded under the old names.
func (d dataDir) knownHosts() []string {
	entries, err := os.ReadDir(d.path("hosts"))
	if err != nil || len(entries) == 0 {
		return nil
	}
	var found []string
	for _, e := range entries {
		found = append(found, e.Name())
	}
	slices.SortFunc(found, func(a, b string) int { return len(a) - len(b) })
	names := hostNames(found[0], len(found))
	for _, name := range names {
		if !slices.Contains(found, name) {
			return nil // the folders are of processes that each name their host
		}
	}
	return names
}

// dialOutside connects as the outside of the cloud does.
func (p *process) dialOutside(ctx context.Context, address string) (net.Conn, error) {
	return dialInside(ctx, outside(p.data, p.config), address)
}
