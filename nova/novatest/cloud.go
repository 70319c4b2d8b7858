package novatest

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/gophercloud/gophercloud/v2"

	"cumulet/nova"
	"cumulet/nova/compute"
	"cumulet/nova/conductor"
	novadb "cumulet/nova/db"
	"cumulet/nova/inventory"
	"cumulet/nova/manager"
	"cumulet/nova/network"
	"cumulet/nova/scheduler"
	"cumulet/nova/virt"
	"cumulet/nova/virt/fake"
	"cumulet/oslo/db/dbtest"
	"cumulet/oslo/fault"
	"cumulet/oslo/messaging"
	"cumulet/oslo/policy"
)

// ImageID is the image that there is.
const ImageID = "11111111-2222-4333-8444-555555555555"

// Cloud is a nova with all its roles.
type Cloud struct {
	Manager   *manager.Manager
	Conductor *conductor.Conductor
	Scheduler *scheduler.Scheduler
	Computes  []*compute.Compute
	Drivers   []*fake.Driver
	Placement *Placement
	Neutron   *Neutron
	Bus       *messaging.Bus

	events sync.WaitGroup
}

// Who is a member of the project "project".
func Who() policy.Who {
	return policy.Who{UserID: "user", ProjectID: "project", Roles: []string{"member", "reader"}}
}

// New makes a cloud with so many hosts; nothing runs before Start. Neutron wires each port that is bound at once, unless
// its Bound is changed.
func New(t *testing.T, hosts int) *Cloud {
	t.Helper()
	d, err := novadb.Open(t.Context(), dbtest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	config := nova.DefaultConfig()
	config.BuildTimeout, config.ReservedMemoryMiB = time.Minute, 0
	config.ReconcileInterval = time.Hour
	c := &Cloud{Placement: &Placement{}, Neutron: &Neutron{Networks: []string{"net"}}, Bus: &messaging.Bus{Transport: messaging.NewMemory()}}
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	stock := &inventory.Client{Placement: client("placement", c.Placement.Handler(), "")}
	wires := &network.Client{Neutron: client("neutron", c.Neutron.Handler(), "v2.0/")}
	c.Manager = &manager.Manager{
		DB: d, Bus: c.Bus, Images: images{}, Networks: wires, Config: config, Now: time.Now, NewID: uuid.NewString, Log: log,
	}
	c.Conductor = &conductor.Conductor{
		DB: d, Bus: c.Bus, Inventory: stock, Network: wires, Host: "control", Owner: "control-1", Config: config,
		Now: time.Now, NewID: uuid.NewString, Log: log,
	}
	filters, err := scheduler.Filters(config.Filters, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	c.Scheduler = &scheduler.Scheduler{
		Bus: c.Bus, Inventory: stock, Filters: filters, Weighers: scheduler.Weighers(), Host: "control", Config: config,
		Now: time.Now, Log: log,
	}
	for i := range hosts {
		name := "host" + strconv.Itoa(i)
		driver := fake.New(name)
		c.Drivers = append(c.Drivers, driver)
		c.Computes = append(c.Computes, &compute.Compute{
			Bus: c.Bus, Driver: driver, Inventory: stock, Host: name, Config: config, Now: time.Now, Log: log,
			FetchImage: func(_ context.Context, id string) (virt.Image, error) {
				return virt.Image{ID: id, Path: "/nowhere/" + id, Format: "raw"}, nil
			},
			ConfigDrive: func(nova.Server) map[string][]byte { return nil },
		})
	}
	c.Neutron.Bound = func(port, server string) { c.Plug(t, port, server) }
	return c
}

// Plug tells nova that a port is wired, once it knows of the port.
func (c *Cloud) Plug(t *testing.T, port, server string) {
	c.events.Go(func() {
		Until(t, "port is known", func() bool {
			s, err := c.Manager.DB.Server(context.Background(), server)
			return err != nil || s.Deleted || s.TaskState == nova.Deleting || s.VMState == nova.ErrorState || s.Network.WithPort(port) != nil
		})
		_, err := c.Manager.ExternalEvents(context.Background(), []nova.ExternalEvent{
			{Name: nova.VIFPlugged, ServerID: server, Tag: port, Status: "completed"},
		})
		if err != nil {
			t.Error(err)
		}
	})
}

// client asks a handler with no socket between.
func client(host string, h http.Handler, base string) *gophercloud.ServiceClient {
	p := &gophercloud.ProviderClient{}
	p.HTTPClient = http.Client{Transport: loop{h}}
	c := &gophercloud.ServiceClient{ProviderClient: p, Endpoint: "http://" + host + "/"}
	if base != "" {
		c.ResourceBase = c.Endpoint + base
	}
	return c
}

type loop struct{ handler http.Handler }

func (l loop) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	l.handler.ServeHTTP(w, r)
	return w.Result(), nil
}

type images struct{}

// KernelImageID and RamdiskImageID are images that name a kernel or a ramdisk which the user does not see.
const (
	KernelImageID  = "image-of-a-foreign-kernel"
	RamdiskImageID = "image-of-a-foreign-ramdisk"
)

func (images) Image(_ context.Context, _ policy.Who, id string) (nova.Image, error) {
	property := map[string]string{KernelImageID: "kernel_id", RamdiskImageID: "ramdisk_id"}[id]
	if property != "" {
		return nova.Image{ID: id, Status: "active", Properties: map[string]string{property: "foreign"}}, nil
	}
	if id != ImageID {
		return nova.Image{}, fault.New(fault.NotFound, "ImageNotFound", "Image %s could not be found.", id)
	}
	return nova.Image{ID: id, Name: "image", Status: "active", DiskFormat: "raw", ContainerFormat: "bare", SizeBytes: 1 << 20, MinDiskGiB: 1}, nil
}

// Start runs all roles until the test ends, and waits until the hosts can be scheduled to.
func (c *Cloud) Start(t *testing.T) {
	t.Helper()
	c.StartWith(t, c.Conductor.Run)
}

// StartWith is Start with another conductor's role.
func (c *Cloud) StartWith(t *testing.T, role func(context.Context, func()) error) {
	t.Helper()
	run := c.runner(t)
	run(role)
	run(c.Scheduler.Run)
	for _, one := range c.Computes {
		run(one.Run)
	}
	Until(t, "hosts are up", func() bool {
		services, err := c.Manager.Services(t.Context(), nova.ServiceFilter{Binary: nova.ComputeBinary})
		return err == nil && len(services) == len(c.Computes) && c.Placement.Providers() == len(c.Computes)
	})
}

// runner starts roles that end with the test.
func (c *Cloud) runner(t *testing.T) func(role func(context.Context, func()) error) {
	ctx, cancel := context.WithCancel(context.Background())
	var roles sync.WaitGroup
	t.Cleanup(func() { cancel(); roles.Wait(); c.events.Wait() })
	return func(role func(context.Context, func()) error) {
		ready := make(chan struct{})
		roles.Go(func() {
			if err := role(ctx, func() { close(ready) }); err != nil && ctx.Err() == nil {
				t.Errorf("role ended: %v", err)
			}
		})
		<-ready
	}
}

// Flavor adds a flavor and gives its id.
func (c *Cloud) Flavor(t *testing.T, f nova.Flavor) string {
	t.Helper()
	f.Public = true
	f, err := c.Manager.CreateFlavor(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	return f.ID
}

// Small is a flavor that fits anywhere.
func (c *Cloud) Small(t *testing.T) string {
	t.Helper()
	return c.Flavor(t, nova.Flavor{Name: "small", VCPUs: 1, RAMMiB: 64, DiskGiB: 1})
}

// Create asks for servers on the network, and fails the test when refused.
func (c *Cloud) Create(t *testing.T, flavor string, count int) []nova.Server {
	t.Helper()
	servers, err := c.Manager.CreateServers(t.Context(), Who(), manager.CreateRequest{
		Name: "server", ImageID: ImageID, FlavorID: flavor, Min: count, Max: count,
		Networks: []nova.RequestedNetwork{{NetworkID: "net"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return servers
}

// Rests waits until nothing is under way with a server, and gives it.
func (c *Cloud) Rests(t *testing.T, id string) nova.Server {
	t.Helper()
	var s nova.Server
	Until(t, "server rests", func() bool {
		var err error
		s, err = c.Manager.DB.Server(t.Context(), id)
		return err == nil && s.TaskState == nova.NoTask && s.VMState != nova.Building
	})
	return s
}

// Guests gives the ids of all guests on all hosts.
func (c *Cloud) Guests(t *testing.T) []string {
	t.Helper()
	var ids []string
	for _, d := range c.Drivers {
		guests, err := d.Guests(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for id := range guests {
			ids = append(ids, id)
		}
	}
	return ids
}

// Clean fails the test unless no guest, claim or port is left, but the ports kept.
func (c *Cloud) Clean(t *testing.T, kept ...string) {
	t.Helper()
	if guests := c.Guests(t); len(guests) > 0 {
		t.Errorf("guests are left: %v", guests)
	}
	if claims := c.Placement.Claims(); len(claims) > 0 {
		t.Errorf("allocations are left: %v", claims)
	}
	for _, p := range c.Neutron.Ports() {
		if !slices.Contains(kept, p) || c.Neutron.Port(p, "device_id") != "" {
			t.Errorf("port %s is left with device %q", p, c.Neutron.Port(p, "device_id"))
		}
	}
}

// Until waits for a condition, generously.
func Until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	ticker, patience := time.NewTicker(2*time.Millisecond), time.After(60*time.Second)
	defer ticker.Stop()
	for !holds() {
		select {
		case <-ticker.C:
		case <-patience:
			t.Errorf("waited in vain: %s", what)
			return
		}
	}
}
