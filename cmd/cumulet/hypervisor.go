package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"cumulet/nova/virt/libvirt"
	"cumulet/nova/virt/libvirt/daemon"
)

// libvirtState is the folder of the host's own libvirtd, libvirtSocket where that listens.
func (n node) libvirtState() string  { return n.data.path("hosts", n.Name, "libvirt") }
func (n node) libvirtSocket() string { return n.libvirtState() + "/run/libvirt-sock" }

// instances is the folder of the host's guests, images that of the images they are made of.
func (n node) instances() string { return n.data.path("hosts", n.Name, "instances") }
func (n node) images() string    { return n.data.path("hosts", n.Name, "images") }

// driver is the host's hypervisor.
func (n node) driver(log *slog.Logger) *libvirt.Driver {
	return &libvirt.Driver{Socket: n.libvirtSocket(), Instances: n.instances(), Log: log}
}

// hypervisorTimeout bounds how long the daemons of one host may take to answer; more of them take turns at the processors.
const hypervisorTimeout = time.Minute

// startHypervisors starts each host's daemons, or takes over those that run.
func (p *process) startHypervisors(ctx context.Context, nodes []node) error {
	ctx, cancel := context.WithTimeout(ctx, hypervisorTimeout*time.Duration(len(nodes)))
	defer cancel()
	all, ctx := errgroup.WithContext(ctx)
	started := make([]*daemon.Daemon, len(nodes))
	for i, n := range nodes {
		all.Go(func() (err error) {
			started[i], err = daemon.Start(ctx, daemon.Options{
				StateDir: n.libvirtState(), NetNS: n.Namespace, Hostname: n.Name, Log: p.log,
				HostUUID: uuid.NewSHA1(uuid.NameSpaceURL, []byte(string(p.data)+"/"+n.Name)).String(),
			})
			if err != nil {
				return fmt.Errorf("start the hypervisor of host %q: %w", n.Name, err)
			}
			return nil
		})
	}
	if err := all.Wait(); err != nil {
		return err
	}
	p.services.hypervisors = map[string]*daemon.Daemon{}
	for i, n := range nodes {
		p.services.hypervisors[n.Name] = started[i]
	}
	return nil
}

// guestGrace is how long guests get to shut down when their host stops.
const guestGrace = 20 * time.Second

// stopHost shuts a host's guests down and takes its network away. Their disks and what is recorded of them stay: the next
// start brings them back. It serves as well where the cloud's process died before, whatever of the host is still there.
func stopHost(ctx context.Context, n node, log *slog.Logger) error {
	ctx, cancel := context.WithTimeout(ctx, guestGrace+30*time.Second)
	defer cancel()
	var errs []error
	if conn, err := (daemon.Dialer{Socket: n.libvirtSocket()}).Dial(); err == nil { // else nobody is there to ask guests gently
		driver := n.driver(log)
		errs = append(errs, conn.Close(), driver.StopGuests(ctx, guestGrace), driver.Close())
	}
	errs = append(errs, daemon.Stop(ctx, n.libvirtState()))
	_, err := daemon.Sweep(ctx, n.libvirtState())
	errs = append(errs, err, n.Clean(), underlay(n.data, n.Name, 0).Remove())
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("stop host %q: %w", n.Name, err)
	}
	return nil
}

// stopHosts stops hosts side by side.
func stopHosts(ctx context.Context, nodes []node, log *slog.Logger) error {
	var all sync.WaitGroup
	errs := make([]error, len(nodes))
	for i, n := range nodes {
		all.Go(func() { errs[i] = stopHost(ctx, n, log) })
	}
	all.Wait()
	return errors.Join(errs...)
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
	var nodes []node
	for _, entry := range entries {
		nodes = append(nodes, newNode(d, entry.Name()))
	}
	return stopHosts(ctx, nodes, slog.New(slog.DiscardHandler))
}
