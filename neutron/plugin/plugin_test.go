package plugin

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"sync"
	"testing"

	"cumulet/neutron"
	"cumulet/neutron/db"
	"cumulet/oslo/db/dbtest"
	"cumulet/oslo/fault"
	"cumulet/oslo/telemetry"
)

func newPlugin(t *testing.T) *Plugin {
	t.Helper()
	d, err := db.Open(t.Context(), dbtest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return &Plugin{DB: d, Config: neutron.DefaultConfig(), Log: slog.New(slog.DiscardHandler)}
}

// must gives a value that there must be.
func must[V any](v V, err error) V {
	if err != nil {
		panic(err)
	}
	return v
}

func one[N any](n N, given ...string) []neutron.Draft[N] {
	d := neutron.Draft[N]{Of: n, Given: neutron.Given{}}
	for _, g := range given {
		d.Given[g] = true
	}
	return []neutron.Draft[N]{d}
}

// wire makes a network with a subnet.
func wire(t *testing.T, p *Plugin, project, cidr string) (neutron.Network, neutron.Subnet) {
	t.Helper()
	as := neutron.Scope{ProjectID: project}
	n := must(p.CreateNetworks(t.Context(), as, one(neutron.Network{ProjectID: project, AdminUp: true, PortSecurity: true})))[0]
	s := must(p.CreateSubnets(t.Context(), as, one(neutron.Subnet{
		ProjectID: project, NetworkID: n.ID, CIDR: netip.MustParsePrefix(cidr), DHCP: true,
	})))[0]
	return n, s
}

// agentOf has an agent report.
func (p *Plugin) agentOf(t *testing.T, kind, host string, configurations map[string]any) neutron.AgentReported {
	t.Helper()
	return must(p.report(t.Context(), neutron.AgentReport{Type: kind, Host: host, Binary: "x", StartedAt: p.DB.Now(), Configurations: configurations}))
}

func (p *Plugin) bridge(t *testing.T, host, ip string) {
	t.Helper()
	p.agentOf(t, neutron.AgentLinuxBridge, host, map[string]any{
		neutron.ConfigTunnelIP: ip, neutron.ConfigTunnelTypes: []string{"vxlan"},
		neutron.ConfigBridgeMappings: map[string]string{"public": "br-ex"},
	})
}

func TestParallelPortsHaveAddressesOfTheirOwn(t *testing.T) {
	t.Parallel()
	p := newPlugin(t)
	n, _ := wire(t, p, "p1", "10.0.0.0/24")
	var lock sync.Mutex
	seen := map[netip.Addr]bool{}
	var all sync.WaitGroup
	for range 64 {
		all.Go(func() {
			made, err := p.CreatePorts(t.Context(), neutron.Scope{ProjectID: "p1"}, one(neutron.Port{ProjectID: "p1", NetworkID: n.ID}))
			lock.Lock()
			defer lock.Unlock()
			if err != nil {
				t.Error(err)
				return
			}
			a := made[0].FixedIPs[0].Address
			if seen[a] {
				t.Errorf("%s was given twice", a)
			}
			seen[a] = true
		})
	}
	all.Wait()
	if len(seen) != 64 {
		t.Errorf("%d addresses", len(seen))
	}
}

func TestSubnetGivesOutAllAndNoMore(t *testing.T) {
	t.Parallel()
	p := newPlugin(t)
	n, _ := wire(t, p, "p1", "10.0.0.0/29") // .2 to .6
	for range 5 {
		must(p.CreatePorts(t.Context(), neutron.Everything(), one(neutron.Port{ProjectID: "p1", NetworkID: n.ID})))
	}
	_, err := p.CreatePorts(t.Context(), neutron.Everything(), one(neutron.Port{ProjectID: "p1", NetworkID: n.ID}))
	if f := fault.Of(err); f == nil || f.Name != "IpAddressGenerationFailure" {
		t.Errorf("the sixth port: %v", err)
	}
}

func TestParallelRequestsDoNotPassAQuota(t *testing.T) {
	t.Parallel()
	p := newPlugin(t)
	p.Config.Quota = map[string]int{"network": 5}
	var lock sync.Mutex
	made, refused := 0, 0
	var all sync.WaitGroup
	for range 30 {
		all.Go(func() {
			_, err := p.CreateNetworks(t.Context(), neutron.Scope{ProjectID: "p1"}, one(neutron.Network{ProjectID: "p1"}))
			lock.Lock()
			defer lock.Unlock()
			switch {
			case err == nil:
				made++
			case fault.Is(err, fault.Quota):
				refused++
			default:
				t.Error(err)
			}
		})
	}
	all.Wait()
	if made != 5 || refused != 25 {
		t.Errorf("%d made, %d refused", made, refused)
	}
}

func TestBindingNeedsALiveAgentThatReachesTheSegment(t *testing.T) {
	t.Parallel()
	p := newPlugin(t)
	n, _ := wire(t, p, "p1", "10.0.0.0/24")
	port := must(p.CreatePorts(t.Context(), neutron.Everything(), one(neutron.Port{
		ProjectID: "p1", NetworkID: n.ID, DeviceOwner: "compute:nova", DeviceID: "server", Binding: neutron.Binding{Host: "h1"},
	})))[0]
	if port.Binding.VIFType != neutron.VIFFailed || port.Reason == "" {
		t.Errorf("without an agent: %+v %q", port.Binding, port.Reason)
	}
	p.bridge(t, "h1", "192.0.2.1")
	port = must(p.Port(t.Context(), neutron.Everything(), port.ID))
	if port.Binding.VIFType != neutron.VIFBridge || port.Status != neutron.Down || port.Reason != "" {
		t.Errorf("once the agent appeared: %+v %s %q", port.Binding, port.Status, port.Reason)
	}
}

// listener is a nova that is away until it is there.
type listener struct {
	away    bool
	heard   []neutron.ServerEvent
	request string // that it heard them of last
}

func (l *listener) ServerEvents(ctx context.Context, events []neutron.ServerEvent) error {
	if l.away {
		return errors.New("away")
	}
	l.heard, l.request = append(l.heard, events...), telemetry.RequestID(ctx)
	return nil
}

func TestNovaHearsOfAWiredPortThoughItWasAway(t *testing.T) {
	t.Parallel()
	p := newPlugin(t)
	nova := &listener{away: true}
	p.Compute = nova
	n, _ := wire(t, p, "p1", "10.0.0.0/24")
	p.bridge(t, "h1", "192.0.2.1")
	port := must(p.CreatePorts(t.Context(), neutron.Everything(), one(neutron.Port{
		ProjectID: "p1", NetworkID: n.ID, DeviceOwner: "compute:nova", DeviceID: "server", Binding: neutron.Binding{Host: "h1"},
	})))[0]
	if err := p.portsUp(t.Context(), neutron.PortsUp{Host: "h2", PortIDs: []string{port.ID}}); err != nil {
		t.Fatal(err)
	}
	if got := must(p.Port(t.Context(), neutron.Everything(), port.ID)); got.Status != neutron.Down {
		t.Errorf("another host's report made it %s", got.Status)
	}
	wiring := telemetry.WithRequestID(t.Context(), "req-wires")
	if err := p.portsUp(wiring, neutron.PortsUp{Host: "h1", PortIDs: []string{port.ID}}); err != nil {
		t.Fatal(err)
	}
	events := must(p.DB.Events(t.Context(), 0, 100))
	if n, err := p.tellNova(t.Context(), events); n != 0 || err == nil {
		t.Error("nova was away and nobody noticed")
	}
	nova.away = false
	if n := must(p.tellNova(t.Context(), events)); n != len(events) {
		t.Errorf("%d of %d events arrived", n, len(events))
	}
	want := []neutron.ServerEvent{{Name: "network-vif-plugged", ServerID: "server", PortID: port.ID}}
	if !slices.Equal(nova.heard, want) || nova.request != "req-wires" {
		t.Errorf("nova heard %v of %q", nova.heard, nova.request)
	}
	if err := p.portsDown(t.Context(), neutron.PortsDown{Host: "h1", PortIDs: []string{port.ID}, Reason: "no bridge"}); err != nil {
		t.Fatal(err)
	}
	if got := must(p.Port(t.Context(), neutron.Everything(), port.ID)); got.Status != neutron.Down || got.Reason != "no bridge" {
		t.Errorf("%s %q", got.Status, got.Reason)
	}
}

func TestHostsLearnWhatToWire(t *testing.T) {
	t.Parallel()
	p := newPlugin(t)
	n, _ := wire(t, p, "p1", "10.0.0.0/24")
	p.bridge(t, "h1", "192.0.2.1")
	p.bridge(t, "h2", "192.0.2.2")
	plugged := map[string]neutron.Port{}
	for _, host := range []string{"h1", "h2"} {
		plugged[host] = must(p.CreatePorts(t.Context(), neutron.Scope{ProjectID: "p1"}, one(neutron.Port{
			ProjectID: "p1", NetworkID: n.ID, DeviceOwner: "compute:nova", Binding: neutron.Binding{Host: host},
		})))[0]
	}
	w := must(p.hostWiring(t.Context(), neutron.HostWiring{Host: "h1"}))
	if len(w.Ports) != 1 || w.Ports[0].ID != plugged["h1"].ID || len(w.Networks) != 1 || w.Networks[0].Segment.Type != neutron.VXLAN {
		t.Fatalf("wiring: %+v", w)
	}
	if len(w.Peers) != 1 || w.Peers[0].TunnelIP != "192.0.2.2" {
		t.Errorf("peers: %+v", w.Peers)
	}
	if near := w.Networks[0].Neighbours; len(near) != 1 || near[0].MAC != plugged["h2"].MAC || near[0].TunnelIP != "192.0.2.2" {
		t.Errorf("neighbours: %+v", near)
	}
	if len(w.Groups) != 1 || len(w.Groups[0].Rules) != 4 || len(w.Groups[0].Members) != 2 {
		t.Errorf("groups: %+v", w.Groups)
	}
	some := must(p.portWiring(t.Context(), neutron.PortWiring{Host: "h1", PortIDs: []string{plugged["h1"].ID, plugged["h2"].ID}}))
	if len(some.Ports) != 1 {
		t.Errorf("h1 may wire %d ports", len(some.Ports))
	}
}

func TestDHCPAgentGetsNetworksAndItsOwnPort(t *testing.T) {
	t.Parallel()
	p := newPlugin(t)
	n, s := wire(t, p, "p1", "10.0.0.0/24")
	p.bridge(t, "h1", "192.0.2.1")
	p.agentOf(t, neutron.AgentDHCP, "h1", nil)
	for range 2 {
		served := must(p.hostNetworks(t.Context(), neutron.HostNetworks{Host: "h1"})).Networks
		if len(served) != 1 || served[0].ID != n.ID || len(served[0].Server.FixedIPs) != 1 || served[0].Server.FixedIPs[0].SubnetID != s.ID {
			t.Fatalf("served: %+v", served)
		}
		if !served[0].Isolated || served[0].DNSDomain != "openstacklocal." {
			t.Errorf("served: %+v", served[0])
		}
	}
	ports := must(p.Ports(t.Context(), neutron.By("device_owner", neutron.OwnerDHCP)))
	if len(ports) != 1 || ports[0].Binding.VIFType != neutron.VIFBridge {
		t.Errorf("DHCP's ports: %+v", ports)
	}
	if err := p.DeleteNetwork(t.Context(), neutron.Scope{ProjectID: "p1"}, n.ID, nil); err != nil {
		t.Error(err)
	}
}

func TestL3AgentGetsRoutersWithTheirPortsBound(t *testing.T) {
	t.Parallel()
	p := newPlugin(t)
	_, s := wire(t, p, "p1", "10.0.0.0/24")
	public := must(p.CreateNetworks(t.Context(), neutron.Everything(), one(neutron.Network{
		ProjectID: "admin", AdminUp: true, External: true, Segment: neutron.Segment{Type: neutron.Flat, PhysicalNetwork: "public"},
	}, "provider:network_type", "provider:physical_network")))[0]
	must(p.CreateSubnets(t.Context(), neutron.Everything(), one(neutron.Subnet{
		ProjectID: "admin", NetworkID: public.ID, CIDR: netip.MustParsePrefix("172.24.4.0/24"),
	})))
	as := neutron.Scope{ProjectID: "p1"}
	r := must(p.CreateRouters(t.Context(), as, one(neutron.Router{
		ProjectID: "p1", AdminUp: true, Gateway: &neutron.Gateway{NetworkID: public.ID, SNAT: true},
	})))[0]
	must(p.AddRouterInterface(t.Context(), as, r.ID, s.ID, ""))
	p.bridge(t, "h1", "192.0.2.1")
	p.agentOf(t, neutron.AgentL3, "h1", nil)
	served := must(p.hostRouters(t.Context(), neutron.HostRouters{Host: "h1"})).Routers
	if len(served) != 1 || len(served[0].Interfaces) != 1 || served[0].Gateway == nil || !served[0].Gateway.SNAT {
		t.Fatalf("served: %+v", served)
	}
	if got := served[0].Interfaces[0].Addresses[0].Prefix.String(); got != "10.0.0.1/24" {
		t.Errorf("the interface has %s", got)
	}
	if got := served[0].Gateway.Addresses[0].Gateway.String(); got != "172.24.4.1" {
		t.Errorf("the gateway's next hop is %s", got)
	}
	for _, port := range must(p.Ports(t.Context(), neutron.By("device_id", r.ID))) {
		if port.Binding.Host != "h1" || port.Binding.VIFType != neutron.VIFBridge {
			t.Errorf("%s is bound %+v", port.DeviceOwner, port.Binding)
		}
	}
}

func TestEveryChangeIsAnEvent(t *testing.T) {
	t.Parallel()
	p := newPlugin(t)
	n, _ := wire(t, p, "p1", "10.0.0.0/24")
	if err := p.DeleteNetwork(t.Context(), neutron.Scope{ProjectID: "p1"}, n.ID, nil); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range must(p.DB.Events(t.Context(), 0, 100)) {
		names = append(names, e.Name)
	}
	want := []string{
		"security_group.create.end", "network.create.end", "subnet.create.end", "subnet.delete.end", "network.delete.end",
	}
	if !slices.Equal(names, want) {
		t.Errorf("events: %v", names)
	}
}

func TestIPv6AddressesAreMadeOfTheMAC(t *testing.T) {
	t.Parallel()
	p := newPlugin(t)
	n, _ := wire(t, p, "p1", "10.0.0.0/24")
	must(p.CreateSubnets(t.Context(), neutron.Everything(), one(neutron.Subnet{
		ProjectID: "p1", NetworkID: n.ID, CIDR: netip.MustParsePrefix("2001:db8::/64"), DHCP: true,
		RAMode: neutron.ModeSLAAC, AddressMode: neutron.ModeSLAAC,
	})))
	port := must(p.CreatePorts(t.Context(), neutron.Everything(), one(neutron.Port{
		ProjectID: "p1", NetworkID: n.ID, MAC: "fa:16:3e:00:00:01",
	})))[0]
	if got := fmt.Sprint(port.FixedIPs[1].Address); len(port.FixedIPs) != 2 || got != "2001:db8::f816:3eff:fe00:1" {
		t.Errorf("addresses: %v", port.FixedIPs)
	}
}
