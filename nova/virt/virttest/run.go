package virttest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"cumulet/nova/virt"
	"cumulet/oslo/fault"
)

// Options say what the driver under test needs of its guests.
type Options struct {
	// Image is what guests boot. The zero image is for drivers that boot nothing.
	Image virt.Image
	// Ready is what a guest writes on its console once it listens to the power button; "": at once.
	Ready string
	// Patience bounds each wait for something to happen; 0 is a minute.
	Patience time.Duration
}

// NewGuest is the guest number n: small, with one interface and a config drive.
func NewGuest(n int, image virt.Image) virt.Guest {
	port := fmt.Sprintf("%08x-1111-4222-8333-444444444444", 0xabc000+n)
	return virt.Guest{
		ID:        fmt.Sprintf("%08x-0000-4000-8000-00000000beef", n),
		Name:      fmt.Sprintf("instance-%08x", n),
		VCPUs:     1,
		MemoryMiB: 192,
		RootGiB:   1,
		Image:     image,
		NICs:      []virt.NIC{{PortID: port, MAC: fmt.Sprintf("fa:16:3e:00:00:%02x", n), Device: virt.TapName(port), MTU: 1450}},
		ConfigDrive: map[string][]byte{
			"openstack/latest/meta_data.json": []byte(`{"uuid": "virttest", "hostname": "virttest.novalocal"}`),
		},
		Metadata: virt.Metadata{DisplayName: "virttest <&\x01> \u00e4", Flavor: "nano", ProjectID: "p", UserID: "u"},
	}
}

// Run holds the drivers that newDriver makes to the contract.
func Run(t *testing.T, newDriver func(t *testing.T) virt.Driver, options Options) {
	if options.Patience == 0 {
		options.Patience = time.Minute
	}
	driver := newDriver(t)
	r := &run{driver: driver, options: options}
	t.Run("HostIsDescribed", r.host)
	t.Run("AbsentGuestIsNotFound", r.absent)
	t.Run("UnacceptableGuestIsRefused", r.refused)
	t.Run("CancelledSpawnIsCleanedByDestroy", r.cancelled)
	t.Run("Life", r.life)
}

type run struct {
	driver  virt.Driver
	options Options
}

func (r *run) host(t *testing.T) {
	host, err := r.driver.Host(t.Context())
	must(t, "Host", err)
	if host.Hostname == "" || host.HypervisorType == "" || host.HypervisorVersion <= 0 {
		t.Errorf("host has no name: %+v", host)
	}
	if host.VCPUs <= 0 || host.MemoryMiB <= 0 || host.DiskGiB <= 0 || host.DiskFreeGiB > host.DiskGiB {
		t.Errorf("host has no size: %+v", host)
	}
	if host.CPU.Arch == "" || host.CPU.Topology.Sockets <= 0 || host.CPU.Features == nil || len(host.Supported) == 0 {
		t.Errorf("host has no processor: %+v", host)
	}
}

func (r *run) absent(t *testing.T) {
	ctx, d := t.Context(), r.driver
	guest := NewGuest(200, r.options.Image)
	id := guest.ID
	_, stateErr := d.Guest(ctx, id)
	_, consoleErr := d.ConsoleOutput(ctx, id, 5)
	for method, err := range map[string]error{
		"Guest": stateErr, "ConsoleOutput": consoleErr,
		"PowerOn":         d.PowerOn(ctx, id),
		"PowerOff":        d.PowerOff(ctx, id, 0),
		"Reboot":          d.Reboot(ctx, id, true),
		"soft Reboot":     d.Reboot(ctx, id, false),
		"Pause":           d.Pause(ctx, id),
		"Unpause":         d.Unpause(ctx, id),
		"Suspend":         d.Suspend(ctx, id),
		"Resume":          d.Resume(ctx, id),
		"AttachInterface": d.AttachInterface(ctx, id, guest.NICs[0]),
		"DetachInterface": d.DetachInterface(ctx, id, guest.NICs[0]),
	} {
		if !fault.Is(err, fault.NotFound) {
			t.Errorf("%s of an absent guest: %v", method, err)
		}
	}
	if err := d.Destroy(ctx, id); err != nil {
		t.Errorf("Destroy of an absent guest: %v", err)
	}
	if err := d.Destroy(ctx, "../../etc"); !fault.Is(err, fault.Invalid) {
		t.Errorf("Destroy of a path: %v", err)
	}
}

func (r *run) refused(t *testing.T) {
	for name, spoil := range map[string]func(*virt.Guest){
		"path in its id":   func(g *virt.Guest) { g.ID = "../" + g.ID },
		"path in its name": func(g *virt.Guest) { g.Name = "../" + g.Name },
		"no memory":        func(g *virt.Guest) { g.MemoryMiB = 0 },
		"no MAC":           func(g *virt.Guest) { g.NICs[0].MAC = "'; rm -rf /" },
	} {
		guest := NewGuest(201, r.options.Image)
		spoil(&guest)
		if err := r.driver.Spawn(t.Context(), guest, nil); !fault.Is(err, fault.Invalid) {
			t.Errorf("guest with %s: %v", name, err)
		}
	}
	r.none(t)
}

func (r *run) cancelled(t *testing.T) {
	guest := NewGuest(202, r.options.Image)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.driver.Spawn(ctx, guest, nil); err == nil {
		t.Error("Spawn succeeds after its end")
	}
	must(t, "Destroy", r.driver.Destroy(t.Context(), guest.ID))
	r.none(t)
}

// none fails when any guest is there.
func (r *run) none(t *testing.T) {
	t.Helper()
	guests, err := r.driver.Guests(t.Context())
	must(t, "Guests", err)
	if len(guests) != 0 {
		t.Errorf("there are guests: %v", guests)
	}
}

func must(t *testing.T, what string, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}
