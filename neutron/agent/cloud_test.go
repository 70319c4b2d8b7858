package agent_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"cumulet/neutron"
	"cumulet/neutron/agent/dhcp"
	"cumulet/neutron/agent/host"
	"cumulet/neutron/agent/l3"
	"cumulet/neutron/agent/linuxbridge"
	"cumulet/neutron/agent/metadata"
	"cumulet/neutron/agent/netns"
	"cumulet/oslo/fault"
	"cumulet/oslo/messaging"
)

// clouds numbers the clouds of this process, so that tests can run side by side.
var clouds atomic.Int32

// cloud is a host in a namespace with all agents, and what stands for neutron-server: it answers from its fields.
type cloud struct {
	t      *testing.T
	host   host.Host
	bus    *messaging.Bus
	bridge *linuxbridge.Agent
	dhcp   *dhcp.Agent
	l3     *l3.Agent
	nova   *httptest.Server
	asked  chan *http.Request // what nova was asked

	mu       sync.Mutex
	wiring   neutron.Wiring
	networks []neutron.ServedNetwork
	routers  []neutron.ServedRouter
	owners   map[netip.Addr]neutron.OwnedAddress
	ups      map[string]int    // how often ports were reported up
	reasons  map[string]string // of ports that were reported down
	floating map[string]neutron.Status
	reports  map[string]neutron.AgentReport
}

const secret = "s3cret"

// requireHost skips where the machine cannot be a host.
func requireHost(t *testing.T) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("needs root: makes network namespaces")
	}
	if _, err := os.Stat("/proc/sys/net/bridge"); err != nil {
		t.Skip("needs br_netfilter: /proc/sys/net/bridge is missing")
	}
	if _, err := exec.LookPath("/usr/sbin/nft"); err != nil {
		t.Skip("needs nft: package nftables")
	}
}

func newCloud(t *testing.T) *cloud {
	t.Helper()
	requireHost(t)
	prefix := "ct" + strconv.Itoa(os.Getpid()) + "x" + strconv.Itoa(int(clouds.Add(1))) + "-"
	c := &cloud{
		t: t, host: host.Host{Name: "node", Namespace: prefix + "node", Prefix: prefix},
		bus: &messaging.Bus{Transport: messaging.NewMemory()}, asked: make(chan *http.Request, 16),
		owners: map[netip.Addr]neutron.OwnedAddress{}, reasons: map[string]string{}, ups: map[string]int{},
		floating: map[string]neutron.Status{}, reports: map[string]neutron.AgentReport{},
	}
	c.nova = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.asked <- r
		w.Write([]byte("metadata of " + r.Header.Get("X-Instance-ID")))
	}))
	t.Cleanup(c.nova.Close)
	at, err := url.Parse(c.nova.URL)
	must(t, err)
	log := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	proxy := &metadata.Agent{Bus: c.bus, Host: c.host, Config: metadata.Config{Nova: at, Secret: secret}, Client: c.nova.Client(), Log: log, Now: time.Now}
	c.bridge = &linuxbridge.Agent{Bus: c.bus, Host: c.host, Log: log, Now: time.Now,
		Config: linuxbridge.Config{BridgeMappings: map[string]string{"public": "br-ex"}}}
	c.dhcp = &dhcp.Agent{Bus: c.bus, Host: c.host, Metadata: proxy, Log: log, Now: time.Now}
	c.l3 = &l3.Agent{Bus: c.bus, Host: c.host, Metadata: proxy, Log: log, Now: time.Now}
	t.Cleanup(c.clean)
	must(t, c.host.EnsureExternal(host.External{Bridge: "br-ex", Gateways: []netip.Prefix{netip.MustParsePrefix("172.24.4.1/24")}}))
	c.run(c.serve)
	return c
}

// runs is what an agent and the server have in common.
type runs = func(context.Context, func()) error

// run starts it, waits until it is ready, and returns what stops it; it is stopped at the end of the test in any case.
func (c *cloud) run(role runs) (stop func()) {
	c.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ready, done := make(chan struct{}), make(chan error, 1)
	go func() { done <- role(ctx, sync.OnceFunc(func() { close(ready) })) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			c.t.Errorf("role ended: %v", err)
		}
	})
	c.t.Cleanup(stop)
	select {
	case <-ready:
	case err := <-done:
		c.t.Fatalf("role ended at once: %v", err)
	case <-time.After(20 * time.Second):
		c.t.Fatal("role is not ready")
	}
	return stop
}

// serve is neutron-server's side of the bus.
func (c *cloud) serve(ctx context.Context, ready func()) error {
	s := &messaging.Server{Bus: c.bus, Topic: neutron.Topic}
	messaging.Answer(s, func(_ context.Context, m neutron.AgentReport) (neutron.AgentReported, error) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.reports[m.Type] = m
		return neutron.AgentReported{AgentID: m.Type}, nil
	})
	answerLocked(s, c, func(neutron.HostWiring) (neutron.Wiring, error) { return c.wiring, nil })
	answerLocked(s, c, func(neutron.HostNetworks) (neutron.ServedNetworks, error) {
		return neutron.ServedNetworks{Networks: c.networks}, nil
	})
	answerLocked(s, c, func(neutron.HostRouters) (neutron.ServedRouters, error) {
		return neutron.ServedRouters{Routers: c.routers}, nil
	})
	answerLocked(s, c, func(m neutron.PortsUp) (struct{}, error) {
		c.status(m.PortIDs, neutron.Active, "")
		for _, id := range m.PortIDs {
			c.ups[id]++
		}
		return struct{}{}, nil
	})
	answerLocked(s, c, func(m neutron.PortsDown) (struct{}, error) {
		c.status(m.PortIDs, neutron.Down, m.Reason)
		return struct{}{}, nil
	})
	answerLocked(s, c, func(m neutron.FloatingIPStatus) (struct{}, error) {
		for id, status := range m.Statuses {
			c.floating[id] = status
		}
		return struct{}{}, nil
	})
	answerLocked(s, c, func(neutron.RouterStatus) (struct{}, error) { return struct{}{}, nil })
	answerLocked(s, c, func(m neutron.AddressOwner) (neutron.OwnedAddress, error) {
		if owner, ok := c.owners[m.Address]; ok {
			return owner, nil
		}
		return neutron.OwnedAddress{}, fault.New(fault.NotFound, "PortNotFound", "nobody has %s", m.Address)
	})
	return s.Run(ctx, ready)
}

// answerLocked answers with what the cloud is like at one moment: it is encoded before the next change.
func answerLocked[In messaging.Message, Out any](s *messaging.Server, c *cloud, fn func(In) (Out, error)) {
	messaging.Answer(s, func(_ context.Context, in In) (json.RawMessage, error) {
		c.mu.Lock()
		defer c.mu.Unlock()
		out, err := fn(in)
		if err != nil {
			return nil, err
		}
		return json.Marshal(out)
	})
}

func (c *cloud) status(ids []string, status neutron.Status, reason string) {
	for i, p := range c.wiring.Ports {
		if slices.Contains(ids, p.ID) {
			c.wiring.Ports[i].Status = status
			c.reasons[p.ID] = reason
		}
	}
}

// change changes what the server answers and tells every agent that something did.
func (c *cloud) change(fn func()) {
	c.t.Helper()
	c.mu.Lock()
	fn()
	c.mu.Unlock()
	ctx := context.Background()
	must(c.t, messaging.Fanout(ctx, c.bus, neutron.TopicL2, neutron.PortChanged{Host: c.host.Name}))
	must(c.t, messaging.Fanout(ctx, c.bus, neutron.TopicDHCP, neutron.NetworkChanged{}))
	must(c.t, messaging.Fanout(ctx, c.bus, neutron.TopicL3, neutron.RouterChanged{}))
}

// clean removes everything and checks that nothing is left of this cloud.
func (c *cloud) clean() {
	must(c.t, c.bridge.Clean(context.Background()))
	must(c.t, c.l3.Clean(context.Background()))
	must(c.t, c.dhcp.Clean(context.Background()))
	must(c.t, c.host.Clean())
	names, err := netns.List()
	must(c.t, err)
	for _, name := range names {
		if len(name) > len(c.host.Prefix) && name[:len(c.host.Prefix)] == c.host.Prefix {
			c.t.Errorf("namespace %s is left", name)
		}
	}
}

// eventually waits until the condition holds.
func (c *cloud) eventually(what string, condition func() bool) {
	c.t.Helper()
	limit := time.After(20 * time.Second)
	tick := time.NewTicker(15 * time.Millisecond)
	defer tick.Stop()
	for !condition() {
		select {
		case <-limit:
			c.t.Fatalf("not seen in time: %s", what)
		case <-tick.C:
		}
	}
}

func (c *cloud) active(ids ...string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, p := range c.wiring.Ports {
		if slices.Contains(ids, p.ID) && p.Status != neutron.Active {
			return false
		}
	}
	return true
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func newID() string { return uuid.NewString() }
