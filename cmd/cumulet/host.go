package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"syscall"
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

// libvirtSocket is where that libvirtd listens.
func libvirtSocket(d dataDir, hostName string) string {
	return libvirtState(d, hostName) + "/run/libvirt-sock"
}

func (p *process) instancesDir() string { return p.data.path("hosts", p.config.Host, "instances") }

// driver is the hypervisor's driver on this host.
func (p *process) driver() *libvirt.Driver {
	return &libvirt.Driver{
		Socket: libvirtSocket(p.data, p.config.Host), Instances: p.instancesDir(), Log: p.log,
	}
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
	if err := n.EnsureExternal(external); errors.Is(err, syscall.EPERM) {
		return fmt.Errorf("root may not make network namespaces here (a container needs the capability SYS_ADMIN for it, as by `docker run --privileged`): %w", err)
	} else if err != nil {
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

// stopHost shuts a host's guests down and takes its network away. Their disks and what is recorded of them stay: the next
// start brings them back. It serves as well where the cloud's process died before, whatever of the host is still there.
func stopHost(ctx context.Context, d dataDir, hostName string, log *slog.Logger) error {
	ctx, cancel := context.WithTimeout(ctx, guestGrace+30*time.Second)
	defer cancel()
	state := libvirtState(d, hostName)
	socket := libvirtSocket(d, hostName)
	var errs []error
	if conn, err := (daemon.Dialer{Socket: socket}).Dial(); err == nil { // else nobody is there to ask guests gently
		driver := &libvirt.Driver{Socket: socket, Instances: d.path("hosts", hostName, "instances"), Log: log}
		errs = append(errs, conn.Close(), driver.StopGuests(ctx, guestGrace), driver.Close())
	}
	errs = append(errs, daemon.Stop(ctx, state))
	_, err := daemon.Sweep(ctx, state)
	return errors.Join(append(errs, err, node(d, hostName).Clean())...)
}

// clearHosts stops what runs on the hosts that the data folder knows of: there is something where the cloud's process died.
func clearHosts(ctx context.Context, d dataDir) error {
	entries, err := os.ReadDir(d.path("hosts"))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var errs []error
	for _, entry := range entries {
		errs = append(errs, stopHost(ctx, d, entry.Name(), slog.New(slog.DiscardHandler)))
	}
	return errors.Join(errs...)
}

// dialOutside connects as the outside of the cloud does.
func (p *process) dialOutside(ctx context.Context, address string) (net.Conn, error) {
	return dialInside(ctx, p.node().Namespace, address)
}
