package scheduler

import (
	"testing"
	"time"

	"cumulet/nova"
	"cumulet/nova/inventory"
)

func TestFiltersSayWhy(t *testing.T) {
	now := time.Now()
	clock := func() time.Time { return now }
	lately, longAgo := now.Add(-time.Second), now.Add(-90*time.Second)
	host := func(change func(*Candidate)) Candidate {
		c := Candidate{HostState: nova.HostState{
			Host: "h", Zone: "nova", Service: nova.Service{LastSeen: &lately},
			Node: nova.ComputeNode{Type: "QEMU", Machines: []nova.Machine{{Arch: "x86_64", Type: "kvm", Mode: "hvm"}}},
		}}
		change(&c)
		return c
	}
	same := func(*Candidate) {}
	for _, c := range []struct {
		filter Filter
		spec   nova.RequestSpec
		host   Candidate
		want   string
	}{
		{computeFilter{clock}, nova.RequestSpec{}, host(same), ""},
		{computeFilter{clock}, nova.RequestSpec{}, host(func(c *Candidate) { c.Service.LastSeen = &longAgo }), "not heard of for 1m30s"},
		{computeFilter{clock}, nova.RequestSpec{}, host(func(c *Candidate) { c.Service.ForcedDown = true }), "forced down"},
		{zoneFilter{}, nova.RequestSpec{AvailabilityZone: "east"}, host(same), "in zone nova, not east"},
		{capabilitiesFilter{}, nova.RequestSpec{Flavor: nova.Flavor{ExtraSpecs: map[string]string{"capabilities:hypervisor_type": "QEMU"}}}, host(same), ""},
		{capabilitiesFilter{}, nova.RequestSpec{Flavor: nova.Flavor{ExtraSpecs: map[string]string{"hypervisor_type": "s== xen"}}}, host(same), "hypervisor_type is QEMU, not s== xen"},
		{capabilitiesFilter{}, nova.RequestSpec{Flavor: nova.Flavor{ExtraSpecs: map[string]string{"hw:cpu_policy": "dedicated"}}}, host(same), ""},
		{imageFilter{}, nova.RequestSpec{Image: map[string]string{"hw_architecture": "aarch64"}}, host(same), `cannot run architecture "aarch64", hypervisor "", mode ""`},
		{sameHostFilter{}, nova.RequestSpec{Hints: map[string][]string{"same_host": {"a"}}, SameHosts: []string{"g"}}, host(same), "has none of the servers a"},
		{differentHostFilter{}, nova.RequestSpec{Hints: map[string][]string{"different_host": {"a"}}, DifferentHosts: []string{"h"}}, host(same), "has one of the servers a"},
		{antiAffinityFilter{}, nova.RequestSpec{Group: &nova.GroupSpec{ID: "g", Policy: "anti-affinity", Hosts: map[string]int{"h": 1}}}, host(same), "has 1 members of group g"},
		{affinityFilter{}, nova.RequestSpec{Group: &nova.GroupSpec{ID: "g", Policy: "affinity", Hosts: map[string]int{"x": 1}}}, host(same), "has no member of group g"},
		{affinityFilter{}, nova.RequestSpec{Group: &nova.GroupSpec{ID: "g", Policy: "affinity"}}, host(same), ""},
	} {
		if got := c.filter.Refuse(c.spec, c.host); got != c.want {
			t.Errorf("%s: %q, want %q", c.filter.Name(), got, c.want)
		}
	}
}

func TestWeighersPreferTheEmptierHost(t *testing.T) {
	host := func(name string, used int) Candidate {
		return Candidate{HostState: nova.HostState{Host: name}, Candidate: inventory.Candidate{
			Capacity: inventory.Resources{"MEMORY_MB": 100, "VCPU": 100, "DISK_GB": 100},
			Used:     inventory.Resources{"MEMORY_MB": used, "VCPU": used, "DISK_GB": used},
		}}
	}
	hosts := []Candidate{host("full", 90), host("empty", 0), host("half", 50)}
	s := &Scheduler{Weighers: Weighers()}
	s.weigh(nova.RequestSpec{}, hosts, &nova.SchedulerReport{})
	if hosts[0].Host != "empty" || hosts[2].Host != "full" {
		t.Errorf("order: %s %s %s", hosts[0].Host, hosts[1].Host, hosts[2].Host)
	}
}
