package compute

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"cumulet/nova"
	"cumulet/nova/inventory"
	"cumulet/nova/virt"
	"cumulet/oslo/messaging"
	"cumulet/oslo/service"
)

// nodeInterval is how often a host's resources are reported; as update_resources_interval.
const nodeInterval = time.Minute

// soon is when what failed is tried again, as when the conductor or placement starts after this role.
const soon = time.Second

// Compute is the role.
type Compute struct {
	Bus       *messaging.Bus
	Driver    virt.Driver
	Inventory *inventory.Client
	// FetchImage brings an image of glance to a file on this host.
	FetchImage func(ctx context.Context, imageID string) (virt.Image, error)
	// CleanImages removes those of the files that are not used (by image id) and that nobody fetched within age; nil where
	// nothing is kept.
	CleanImages func(ctx context.Context, used map[string]bool, age time.Duration) error
	// ConfigDrive makes the files of a server's config drive.
	ConfigDrive func(s nova.Server) map[string][]byte
	Host        string
	HostIP      string // shown with the hypervisor
	Config      nova.Config
	Now         func() time.Time
	Log         *slog.Logger

	guests  guests
	node    atomic.Pointer[string] // the host's id in placement, once it is reported
	booted  atomic.Bool            // the first turn of reconcile is over
	started time.Time
}

// Run serves until ctx ends; it calls ready once it takes messages.
func (c *Compute) Run(ctx context.Context, ready func()) error {
	c.guests.limit(c.Config.Builds)
	c.booted.Store(false)
	c.started = c.Now()
	server := &messaging.Server{Bus: c.Bus, Topic: nova.ComputeTopic, Host: c.Host, Workers: 256}
	messaging.Answer(server, c.BuildServer)
	messaging.Answer(server, c.DestroyServer)
	messaging.Answer(server, c.ChangePower)
	messaging.Answer(server, c.ReadGuestConsole)
	messaging.Answer(server, c.PlugVIF)
	messaging.Answer(server, c.UnplugVIF)

	reconcile := &service.Reconciler{Name: "compute guests", Every: c.Config.ReconcileInterval, Retry: soon, Do: c.Reconcile, Log: c.Log}
	// A host is ready when messages are taken and placement knows what it has: before, no server finds room on it.
	listening, told := make(chan struct{}), make(chan struct{})
	tell := sync.OnceFunc(func() { close(told) })
	node := &service.Reconciler{Name: "compute node", Every: nodeInterval, Retry: soon, Log: c.Log, Do: func(ctx context.Context) error {
		err := c.ReportNode(ctx)
		if err == nil {
			tell()
		}
		return err
	}}
	report := &service.Reconciler{Name: "compute report", Every: c.Config.ReportInterval, Do: c.report, Log: c.Log}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return report.Run(ctx) })
	group.Go(func() error { return node.Run(ctx) })
	group.Go(func() error { return reconcile.Run(ctx) })
	if c.CleanImages != nil && c.Config.ImageCacheInterval > 0 {
		images := &service.Reconciler{Name: "compute images", Every: c.Config.ImageCacheInterval, Retry: nodeInterval, Do: c.CleanCache, Log: c.Log}
		group.Go(func() error { return images.Run(ctx) })
	}
	group.Go(func() error { return c.watch(ctx, reconcile) })
	group.Go(func() error { return server.Run(ctx, sync.OnceFunc(func() { close(listening) })) })
	group.Go(func() error {
		for _, condition := range []chan struct{}{listening, told} {
			select {
			case <-condition:
			case <-ctx.Done():
				return nil
			}
		}
		ready()
		return nil
	})
	return group.Wait()
}

func conductor() messaging.Target { return messaging.Topic(nova.ConductorTopic) }

func (c *Compute) report(ctx context.Context) error {
	return messaging.Cast(ctx, c.Bus, conductor(), nova.ReportService{Host: c.Host, Binary: nova.ComputeBinary, Topic: nova.ComputeTopic})
}

// ReportNode tells the conductor what this host is, and placement what it has.
func (c *Compute) ReportNode(ctx context.Context) error {
	h, err := c.Driver.Host(ctx)
	if err != nil {
		return fmt.Errorf("look at the host: %w", err)
	}
	n := nova.ComputeNode{
		Host: c.Host, Name: h.Hostname, Type: h.HypervisorType, Version: h.HypervisorVersion, HostIP: c.HostIP,
		VCPUs: h.VCPUs, MemoryMiB: h.MemoryMiB, DiskGiB: h.DiskGiB, DiskFreeGiB: h.DiskFreeGiB,
		CPURatio: c.Config.CPURatio, RAMRatio: c.Config.RAMRatio, DiskRatio: c.Config.DiskRatio,
		Uptime: c.Now().Sub(c.started).Round(time.Second).String(),
		CPUInfo: nova.CPUInfo{
			Arch: h.CPU.Arch, Model: h.CPU.Model, Vendor: h.CPU.Vendor, Features: h.CPU.Features,
			Topology: nova.CPUTopology{
				Cells: h.CPU.Topology.Cells, Sockets: h.CPU.Topology.Sockets, Cores: h.CPU.Topology.Cores,
				Threads: h.CPU.Topology.Threads,
			},
		},
	}
	for _, m := range h.Supported {
		n.Machines = append(n.Machines, nova.Machine{Arch: m.Arch, Type: m.Type, Mode: m.Mode})
	}
	if n, err = messaging.Call[nova.ComputeNode](ctx, c.Bus, conductor(), nova.ReportNode{Node: n}); err != nil {
		return fmt.Errorf("report the host: %w", err)
	}
	kept := inventory.Reserved{MemoryMiB: c.Config.ReservedMemoryMiB, DiskGiB: c.Config.ReservedDiskGiB}
	if err := c.Inventory.Report(ctx, n, kept); err != nil {
		return fmt.Errorf("report the host's resources: %w", err)
	}
	c.node.Store(&n.ID) // from now on placement can be asked what is claimed here
	return nil
}

// watch tells the conductor when a guest's run changes by itself. When the hypervisor is lost it looks at all guests
// anew once it is back.
func (c *Compute) watch(ctx context.Context, reconcile *service.Reconciler) error {
	for ctx.Err() == nil {
		if err := c.follow(ctx); err != nil && ctx.Err() == nil {
			c.Log.WarnContext(ctx, "cannot follow the hypervisor's events", "error", err)
		}
		const pause = 5 * time.Second
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
		case <-timer.C:
			reconcile.Nudge()
		}
		timer.Stop()
	}
	return nil
}

func (c *Compute) follow(ctx context.Context) error {
	events, err := c.Driver.Events(ctx)
	if err != nil {
		return err
	}
	changed := &pending{ids: map[string]bool{}, bell: make(chan struct{}, 1)}
	group, telling := errgroup.WithContext(ctx)
	telling, stop := context.WithCancel(telling)
	group.Go(func() error { return c.tell(telling, changed) })
	for e := range events { // read at once, told beside: a guest may be busy
		changed.add(e.ID)
	}
	stop()
	return errors.Join(group.Wait(), ctx.Err())
}
