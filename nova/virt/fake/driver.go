package fake

import (
	"context"
	"sync"
	"time"

	"cumulet/nova/virt"
)

// Driver is a host of the given size. The fields are set before its first use; make it with New.
type Driver struct {
	// Capacity is what Host reports; the guests' disks are taken off DiskFreeGiB.
	Capacity virt.Host
	Now      func() time.Time
	// Before, when set, is called first in every method with its name ("Spawn") and the guest's id ("" when it names none).
	// What it returns, the method returns: a failure. It may wait, to be slow.
	Before func(ctx context.Context, method, id string) error

	folder   string // where guests are kept; "" keeps them as long as the Driver lives
	mu       sync.Mutex
	guests   map[string]*guest
	watchers map[*watcher]bool
}

var _ virt.Driver = (*Driver)(nil)

// New is a host with room for many guests.
func New(hostname string) *Driver {
	return &Driver{
		Now: time.Now,
		Capacity: virt.Host{
			Hostname: hostname, HypervisorType: "fake", HypervisorVersion: 1000000,
			VCPUs: 1000, MemoryMiB: 800_000, DiskGiB: 600_000, DiskFreeGiB: 600_000,
			CPU: virt.CPU{Arch: "x86_64", Model: "Nehalem", Vendor: "Intel", Features: []string{"pge", "clflush"},
				Topology: virt.Topology{Cells: 1, Sockets: 4, Cores: 125, Threads: 2}},
			Supported: []virt.Machine{{Arch: "x86_64", Type: "fake", Mode: "hvm"}},
		},
		guests:   map[string]*guest{},
		watchers: map[*watcher]bool{},
	}
}

// Host reports Capacity, less what the guests' disks take.
func (d *Driver) Host(ctx context.Context) (virt.Host, error) {
	if err := d.before(ctx, "Host", ""); err != nil {
		return virt.Host{}, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	host := d.Capacity
	for _, g := range d.guests {
		host.DiskFreeGiB -= g.RootGiB + g.EphemeralGiB
	}
	return host, nil
}

func (d *Driver) before(ctx context.Context, method, id string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if d.Before != nil {
		return d.Before(ctx, method, id)
	}
	return nil
}

// look runs read on the guest named id under the lock; NotFound when there is none.
func (d *Driver) look(ctx context.Context, method, id string, read func(*guest) error) error {
	if err := d.before(ctx, method, id); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	g := d.guests[id]
	if g == nil {
		return virt.NoGuest(id)
	}
	return read(g)
}

// change is look for what alters the guest, which is kept then.
func (d *Driver) change(ctx context.Context, method, id string, alter func(*guest) error) error {
	return d.look(ctx, method, id, func(g *guest) error {
		if err := alter(g); err != nil {
			return err
		}
		return d.keep(g)
	})
}
