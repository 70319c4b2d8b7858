package conductor_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"

	"cumulet/nova"
	"cumulet/nova/manager"
	"cumulet/nova/novatest"
	"cumulet/nova/virt"
	"cumulet/oslo/fault"
	"cumulet/oslo/policy"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestFiftyServersOnTwentyHostsBecomeActiveAndLeaveNothing(t *testing.T) {
	t.Parallel()
	c := novatest.New(t, 20)
	c.Start(t)
	if _, err := c.Manager.SetQuota(t.Context(), "project", "", nova.Limits{"instances": 50, "cores": -1, "ram": -1}, true); err != nil {
		t.Fatal(err)
	}
	servers := c.Create(t, c.Small(t), 50)
	hosts := map[string]int{}
	for _, s := range servers {
		s = c.Rests(t, s.ID)
		if s.VMState != nova.Active || s.PowerState != nova.PowerRunning || s.LaunchedAt == nil || len(s.Network) != 1 {
			t.Fatalf("server is %s, power %d, fault %+v, network %+v", s.VMState, s.PowerState, s.Fault, s.Network)
		}
		hosts[s.Host]++
	}
	if len(c.Guests(t)) != 50 || len(c.Placement.Claims()) != 50 || len(c.Neutron.Ports()) != 50 || len(hosts) < 10 {
		t.Errorf("%d guests, %d claims, %d ports on %d hosts", len(c.Guests(t)), len(c.Placement.Claims()), len(c.Neutron.Ports()), len(hosts))
	}
	for _, s := range servers {
		if err := c.Manager.DeleteServer(t.Context(), novatest.Who(), s.ID); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range servers {
		if s = c.Rests(t, s.ID); !s.Deleted {
			t.Errorf("server %s is %s", s.ID, s.VMState)
		}
	}
	c.Clean(t)
}

func TestPowerActionsMoveAServerThroughItsStates(t *testing.T) {
	t.Parallel()
	c := novatest.New(t, 1)
	c.Start(t)
	id := c.Create(t, c.Small(t), 1)[0].ID
	c.Rests(t, id)
	m := c.Manager
	soft := func(ctx context.Context, who policy.Who, id string) error { return m.RebootServer(ctx, who, id, false) }
	hard := func(ctx context.Context, who policy.Who, id string) error { return m.RebootServer(ctx, who, id, true) }
	for _, step := range []struct {
		name  string
		do    func(context.Context, policy.Who, string) error
		state nova.VMState
		power nova.PowerState
	}{
		{"stop", m.StopServer, nova.Stopped, nova.PowerShutdown},
		{"start", m.StartServer, nova.Active, nova.PowerRunning},
		{"reboot", soft, nova.Active, nova.PowerRunning},
		{"pause", m.PauseServer, nova.Paused, nova.PowerPaused},
		{"unpause", m.UnpauseServer, nova.Active, nova.PowerRunning},
		{"suspend", m.SuspendServer, nova.Suspended, nova.PowerSuspended},
		{"resume", m.ResumeServer, nova.Active, nova.PowerRunning},
		{"reboot", hard, nova.Active, nova.PowerRunning},
	} {
		if err := step.do(t.Context(), novatest.Who(), id); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		if s := c.Rests(t, id); s.VMState != step.state || s.PowerState != step.power {
			t.Errorf("after %s the server is %s, power %d, fault %+v", step.name, s.VMState, s.PowerState, s.Fault)
		}
	}
	actions, err := m.Actions(t.Context(), novatest.Who(), id, nova.ActionFilter{}, nova.Page{})
	if err != nil || len(actions) != 9 || actions[8].Name != "create" || actions[0].EndedAt == nil {
		t.Errorf("actions: %+v, %v", actions, err)
	}
	err = m.StartServer(t.Context(), novatest.Who(), id)
	if f := fault.Of(err); f == nil || f.Text != "Cannot 'start' instance "+id+" while it is in vm_state active" {
		t.Errorf("start of a running server: %v", err)
	}
}

func TestDeleteBreaksABuildOff(t *testing.T) {
	t.Parallel()
	c := novatest.New(t, 1)
	building := make(chan struct{})
	var once sync.Once
	c.Drivers[0].Before = func(ctx context.Context, method, _ string) error {
		if method == "Spawn" { // never ends by itself
			once.Do(func() { close(building) })
			<-ctx.Done()
			return ctx.Err()
		}
		return nil
	}
	c.Start(t)
	id := c.Create(t, c.Small(t), 1)[0].ID
	<-building
	if err := c.Manager.DeleteServer(t.Context(), novatest.Who(), id); err != nil {
		t.Fatal(err)
	}
	if s := c.Rests(t, id); !s.Deleted {
		t.Errorf("server is %s, fault %+v", s.VMState, s.Fault)
	}
	c.Clean(t)
}

func TestDeleteDoesNotWaitForPortsThatAreNeverWired(t *testing.T) {
	t.Parallel()
	c := novatest.New(t, 1)
	c.Neutron.Bound = nil
	c.Start(t)
	id := c.Create(t, c.Small(t), 1)[0].ID
	novatest.Until(t, "guest is there", func() bool { return len(c.Guests(t)) == 1 })
	if err := c.Manager.DeleteServer(t.Context(), novatest.Who(), id); err != nil {
		t.Fatal(err)
	}
	if s := c.Rests(t, id); !s.Deleted {
		t.Errorf("server is %s", s.VMState)
	}
	c.Clean(t)
}

// An agent may be quicker than this conductor: neutron told of the port before it was recorded as the server's.
func TestAPortWiredBeforeItIsKnownIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	c := novatest.New(t, 1)
	c.Neutron.Bound, c.Neutron.Wires = nil, true
	c.Start(t)
	s := c.Rests(t, c.Create(t, c.Small(t), 1)[0].ID)
	if s.VMState != nova.Active || !s.Network[0].Active {
		t.Errorf("server is %s, its network %+v, fault %+v", s.VMState, s.Network, s.Fault)
	}
}

func TestAFailedBuildIsTriedOnAnotherHost(t *testing.T) {
	t.Parallel()
	c := novatest.New(t, 2)
	var mu sync.Mutex
	var failed string
	for i, d := range c.Drivers {
		d.Before = func(_ context.Context, method, _ string) error {
			mu.Lock()
			defer mu.Unlock()
			if host := c.Computes[i].Host; method == "Spawn" && (failed == "" || failed == host) {
				failed = host
				return errors.New("the hypervisor is broken")
			}
			return nil
		}
	}
	c.Start(t)
	s := c.Rests(t, c.Create(t, c.Small(t), 1)[0].ID)
	if s.VMState != nova.Active || s.Host == failed || len(c.Placement.Claims()) != 1 || len(c.Neutron.Ports()) != 1 {
		t.Errorf("server is %s on %q (failed on %q), fault %+v", s.VMState, s.Host, failed, s.Fault)
	}
}

// TestAGroupsPolicyHoldsForMembersMadeAtOnce: each is chosen for before the others have their hosts.
func TestAGroupsPolicyHoldsForMembersMadeAtOnce(t *testing.T) {
	t.Parallel()
	for policy, hosts := range map[string]int{"anti-affinity": 6, "affinity": 1} {
		t.Run(policy, func(t *testing.T) {
			t.Parallel()
			c := novatest.New(t, 6)
			c.Start(t)
			group, err := c.Manager.CreateServerGroup(t.Context(), novatest.Who(), nova.ServerGroup{Name: "g", Policy: policy})
			if err != nil {
				t.Fatal(err)
			}
			made, err := c.Manager.CreateServers(t.Context(), novatest.Who(), manager.CreateRequest{
				Name: "member", ImageID: novatest.ImageID, FlavorID: c.Small(t), Min: 6, Max: 6,
				Networks: []nova.RequestedNetwork{{NetworkID: "net"}}, Hints: map[string][]string{"group": {group.ID}},
			})
			if err != nil {
				t.Fatal(err)
			}
			used := map[string]bool{}
			for _, s := range made {
				s = c.Rests(t, s.ID)
				if s.VMState != nova.Active {
					t.Errorf("%s is %s, fault %+v", s.ID, s.VMState, s.Fault)
				}
				used[s.Host] = true
			}
			if len(used) != hosts || len(c.Placement.Claims()) != 6 {
				t.Errorf("hosts are %v, claims %v", used, c.Placement.Claims())
			}
		})
	}
}

// TestABuildThatFailsOnEveryHostEndsAtOnce: trying the step again later would only try as many hosts once more.
func TestABuildThatFailsOnEveryHostEndsAtOnce(t *testing.T) {
	t.Parallel()
	c := novatest.New(t, 5)
	var asked atomic.Int32
	for _, d := range c.Drivers {
		d.Before = func(_ context.Context, method, _ string) error {
			if method == "Spawn" {
				asked.Add(1)
				return errors.New("the hypervisor is broken")
			}
			return nil
		}
	}
	c.Start(t)
	s := c.Rests(t, c.Create(t, c.Small(t), 1)[0].ID)
	want := "Exceeded maximum number of retries. Exceeded max scheduling attempts 3 for instance " + s.ID + ". Last exception: "
	if s.VMState != nova.ErrorState || s.Fault == nil || !strings.HasPrefix(s.Fault.Message, want) || asked.Load() != 3 {
		t.Errorf("server is %s after %d hosts, fault %+v", s.VMState, asked.Load(), s.Fault)
	}
	if claims, ports := c.Placement.Claims(), c.Neutron.Ports(); len(claims)+len(ports)+len(c.Guests(t)) > 0 {
		t.Errorf("left are %v and %v", claims, ports)
	}
}

// TestABusThatIsAwayIsNoFaultOfTheHost: a host that is up and was not reached is asked again.
func TestABusThatIsAwayIsNoFaultOfTheHost(t *testing.T) {
	t.Parallel()
	c := novatest.New(t, 1)
	var asked atomic.Int32
	c.Drivers[0].Before = func(_ context.Context, method, _ string) error {
		if method == "Spawn" && asked.Add(1) == 1 {
			return fault.New(fault.Unavailable, "BrokerAway", "The message broker cannot be reached.")
		}
		return nil
	}
	c.Start(t)
	s := c.Rests(t, c.Create(t, c.Small(t), 1)[0].ID)
	if s.VMState != nova.Active || asked.Load() != 2 || len(c.Guests(t)) != 1 {
		t.Errorf("server is %s after %d asked, fault %+v", s.VMState, asked.Load(), s.Fault)
	}
}

func TestNoValidHostSaysWhyByHost(t *testing.T) {
	t.Parallel()
	c := novatest.New(t, 2)
	c.Start(t)
	off, why := true, "maintenance"
	for _, one := range c.Computes {
		_, err := c.Manager.UpdateServiceOn(t.Context(), one.Host, nova.ComputeBinary, manager.ServiceUpdate{Disabled: &off, DisabledReason: &why})
		if err != nil {
			t.Fatal(err)
		}
	}
	id, flavor := "", c.Small(t)
	novatest.Until(t, "schedulers know", func() bool { // the announcement travels
		s := c.Rests(t, c.Create(t, flavor, 1)[0].ID)
		id = s.ID
		return s.VMState == nova.ErrorState
	})
	s := c.Rests(t, id)
	if s.Fault == nil || s.Fault.Code != 500 || s.Fault.Message != "No valid host was found. There are not enough hosts available." {
		t.Errorf("fault %+v", s.Fault)
	}
	report, err := c.Manager.SchedulerReport(t.Context(), novatest.Who(), id)
	if err != nil || report == nil || report.Refused["host0"] != (nova.Refusal{Filter: "ComputeFilter", Why: "disabled: maintenance"}) {
		t.Errorf("report %+v, %v", report, err)
	}
}

func TestAGuestThatShutsItselfDownBecomesShutoff(t *testing.T) {
	t.Parallel()
	c := novatest.New(t, 1)
	c.Start(t)
	id := c.Create(t, c.Small(t), 1)[0].ID
	c.Rests(t, id)
	if err := c.Drivers[0].PowerOff(t.Context(), id, 0); err != nil {
		t.Fatal(err)
	}
	novatest.Until(t, "server is stopped", func() bool { return c.Rests(t, id).VMState == nova.Stopped })
}

func TestReconcileRemovesGuestsOfNoServer(t *testing.T) {
	t.Parallel()
	c := novatest.New(t, 1)
	c.Start(t)
	orphan := virt.Guest{ID: "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee", Name: "instance-00000099", VCPUs: 1, MemoryMiB: 64}
	if err := c.Drivers[0].Spawn(t.Context(), orphan, nil); err != nil {
		t.Fatal(err)
	}
	if err := c.Computes[0].Reconcile(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.Clean(t)
}

// A scheduler that was choosing when its conductor was killed claims for a server that may be deleted by then.
func TestReconcileGivesTheClaimsOfDeletedServersBack(t *testing.T) {
	t.Parallel()
	c := novatest.New(t, 1)
	c.Start(t)
	spec := nova.RequestSpec{Flavor: nova.Flavor{VCPUs: 1, RAMMiB: 64, DiskGiB: 1}}
	id := c.Create(t, c.Small(t), 1)[0].ID
	c.Rests(t, id)
	if err := c.Manager.DeleteServer(t.Context(), novatest.Who(), id); err != nil {
		t.Fatal(err)
	}
	c.Rests(t, id)
	stranger := "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee" // of another service
	for _, spec.ServerID = range []string{id, stranger} {
		if chosen, err := c.Scheduler.SelectHost(t.Context(), nova.SelectHost{Spec: spec}); err != nil || chosen.Host == "" {
			t.Fatal(chosen, err)
		}
	}
	if err := c.Computes[0].Reconcile(t.Context()); err != nil {
		t.Fatal(err)
	}
	if claims := c.Placement.Claims(); !slices.Equal(claims, []string{stranger}) {
		t.Errorf("claims are left: %v", claims)
	}
}

func TestANamedPortOutlivesItsServer(t *testing.T) {
	t.Parallel()
	c := novatest.New(t, 1)
	c.Start(t)
	port := c.Neutron.AddPort("net")
	servers, err := c.Manager.CreateServers(t.Context(), novatest.Who(), manager.CreateRequest{
		Name: "server", ImageID: novatest.ImageID, FlavorID: c.Small(t), Networks: []nova.RequestedNetwork{{PortID: port}},
	})
	if err != nil {
		t.Fatal(err)
	}
	id := servers[0].ID
	if s := c.Rests(t, id); s.VMState != nova.Active || c.Neutron.Port(port, "device_owner") != "compute:nova" {
		t.Fatalf("server is %s, fault %+v", s.VMState, s.Fault)
	}
	if err := c.Manager.DeleteServer(t.Context(), novatest.Who(), id); err != nil {
		t.Fatal(err)
	}
	c.Rests(t, id)
	c.Clean(t, port)
}
