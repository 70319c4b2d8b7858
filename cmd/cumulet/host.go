package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/google/uuid"

	"cumulet/neutron/agent/host"
	"cumulet/nova/virt/libvirt"
	"cumulet/nova/virt/libvirt/daemon"
)

// externalBridge is the external network's bridge in the node namespace.
const externalBridge = "br-ex"

// node is the network host that this process's agents and guests live on: a namespace of its own.
func node(d dataDir, hostName string) host.Host {
	return host.Host{Name: hostName, Namespace: nodeNamespace(d, hostName), Prefix: d.prefix() + "-"}
}

// nodeNamespace is the network namespace that stands for a host.
func nodeNamespace(d dataDir, hostName string) string { return d.prefix() + "-" + hostName }

func (p *process) node() host.Host { return node(p.data, p.config.Host) }

// libvirtState is the folder of a host's own libvirtd.
func libvirtState(d dataDir, hostName string) string { return d.path("hosts", hostName, "libvirt") }

func (p *process) instancesDir() string { return p.data.path("hosts", p.config.Host, "instances") }

// driver is the hypervisor's driver on this host.
func (p *process) driver() *libvirt.Driver {
	return &libvirt.Driver{
		Socket: libvirtState(p.data, p.config.Host) + "/run/libvirt-sock", Instances: p.instancesDir(), Log: p.log,
	}
}

// checkMachine says what a start would fail for.
func checkMachine(d dataDir) error {
	if os.Getenv("CUMULET_DRIVERS") == fakeDrivers {
		return nil
	}
	if os.Geteuid() != 0 {
		return errors.New("a cloud needs root, for network namespaces and guests: run it with sudo (or try the APIs alone with CUMULET_DRIVERS=fake and --data)")
	}
	missing := daemon.Missing()
	if _, err := exec.LookPath("nft"); err != nil {
		missing = append(missing, "nftables")
	}
	if len(missing) > 0 {
		return fmt.Errorf("these Debian packages are missing: %s. `make packages` installs them", strings.Join(missing, " "))
	}
	return nil
}

// startHost makes the host's network and starts its hypervisor, or takes over what runs.
func startHost(ctx context.Context, p *process) error {
	e := p.config.External
	cidr, err := netip.ParsePrefix(e.CIDR)
	if err != nil {
		return err
	}
	external := host.External{Bridge: externalBridge, RealBridge: e.Bridge, RealInterface: e.Interface}
	if e.Bridge == "" && e.Interface == "" {
		external.Gateways = []netip.Prefix{netip.PrefixFrom(e.Gateway, cidr.Bits())}
	}
	n := p.node()
	if err := n.EnsureExternal(external); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	_, err = daemon.Start(ctx, daemon.Options{
		StateDir: libvirtState(p.data, p.config.Host), NetNS: n.Namespace, Hostname: p.config.Host, Log: p.log,
		HostUUID: uuid.NewSHA1(uuid.NameSpaceURL, []byte(string(p.data)+"/"+p.config.Host)).String(),
	})
	if err != nil {
		return fmt.Errorf("start the hypervisor: %w", err)
	}
	return nil
}

// guestGrace is how long guests get to shut down when their host stops.
const guestGrace = 20 * time.Second

// stopHost shuts the guests down and takes the host's network away. Their disks and what is recorded of them stay: the next
// start brings them back.
func stopHost(p *process) error {
	ctx, cancel := context.WithTimeout(context.Background(), guestGrace+30*time.Second)
	defer cancel()
	driver := p.driver()
	err := driver.StopGuests(ctx, guestGrace)
	return errors.Join(err, driver.Close(), clearNode(ctx, p.data, p.config.Host))
}

// clearNode ends what runs on the host and removes its namespaces.
func clearNode(ctx context.Context, d dataDir, hostName string) error {
	state := libvirtState(d, hostName)
	err := daemon.Stop(ctx, state)
	_, swept := daemon.Sweep(ctx, state)
	return errors.Join(err, swept, node(d, hostName).Clean())
}

// clearHost clears away what a process that died left: what hosts the data folder knows of.
func clearHost(ctx context.Context, c *commands) error {
	d := dataDir(c.Data)
	entries, err := os.ReadDir(d.path("hosts"))
	if errors.Is(err, os.ErrNotExist) || os.Geteuid() != 0 {
		return nil
	}
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	var errs []error
	for _, entry := range entries {
		errs = append(errs, clearNode(ctx, d, entry.Name()))
	}
	return errors.Join(errs...)
}

// dialOutside connects as the outside of the cloud does.
func (p *process) dialOutside(ctx context.Context, address string) (net.Conn, error) {
	return dialInside(ctx, p.node().Namespace, address)
}
