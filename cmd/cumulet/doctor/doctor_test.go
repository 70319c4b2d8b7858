package doctor_test

import (
	"slices"
	"testing"
	"time"

	"cumulet/cmd/cumulet/doctor"
)

// healthy is a cloud in which all is as recorded: a server with a floating address on a host.
func healthy() doctor.Patient {
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	return doctor.Patient{
		Now: now,
		Records: doctor.Records{
			Servers:   []doctor.Server{{ID: "server", Status: "ACTIVE", State: "active", Power: 1, Host: "host", Updated: now}},
			Providers: []doctor.Provider{{ID: "provider", Name: "host", Consumers: []string{"server"}}},
			Ports: []doctor.Port{
				{ID: "port-0000000000", Device: "server", Owner: "compute:nova", Host: "host", Status: "ACTIVE", Network: "network"},
				{ID: "dhcp-0000000000", Device: "dhcp", Owner: "network:dhcp", Host: "host", Network: "network"},
				{ID: "gateway-0000000", Device: "router", Owner: "network:router_gateway"},
				{ID: "floating-000000", Device: "floating", Owner: "network:floatingip"},
			},
			FloatingIPs: []doctor.FloatingIP{{
				ID: "floating", Address: "192.0.2.9", Fixed: "10.0.0.5", Port: "port-0000000000", Router: "router", Status: "ACTIVE",
			}},
			Networks: []doctor.Network{{ID: "network"}},
			Routers:  []doctor.Router{{ID: "router", AdminUp: true}},
			Images:   []doctor.Image{{ID: "image", Status: "active", Size: 7}, {ID: "empty", Status: "queued"}},
			Services: []doctor.Service{{Binary: "nova-compute", Host: "host", Up: true}},
		},
		Hosts: []doctor.Host{{
			Name: "host", Guests: map[string]int{"server": 1}, Folders: []string{"server"}, Wired: true,
			Taps: []string{"tapport-000000", "tapdhcp-000000"}, DHCP: []string{"network"}, Routers: []string{"router"},
			Floating: map[string]map[string]string{"router": {"192.0.2.9": "10.0.0.5"}},
		}},
		Files: &doctor.Files{Sizes: map[string]int64{"image.01234567": 7}},
	}
}

func TestNothingIsFoundWhereAllIsAsRecorded(t *testing.T) {
	if found := healthy().Examine(); len(found) > 0 {
		t.Errorf("found %v", found)
	}
}

func TestWhatIsLeftOverOrMissingIsFound(t *testing.T) {
	for name, c := range map[string]struct {
		harm func(*doctor.Patient)
		want []string
	}{
		"guest of no server": {
			func(p *doctor.Patient) { p.Hosts[0].Guests["stranger"] = 1 }, []string{"host: guest stranger is no server's"},
		},
		"server without guest": {
			func(p *doctor.Patient) { p.Hosts[0].Guests = map[string]int{} }, []string{"host: server server is ACTIVE and has no guest"},
		},
		"guest that stopped": {
			func(p *doctor.Patient) { p.Hosts[0].Guests["server"] = 4 },
			[]string{"host: guest server has power state 4, its server is recorded with 1"},
		},
		"folder": {
			func(p *doctor.Patient) { p.Hosts[0].Folders = []string{"stranger"} },
			[]string{"host: the folder of disks stranger is no server's"},
		},
		"claim of nobody": {
			func(p *doctor.Patient) {
				p.Records.Providers[0].Consumers = append(p.Records.Providers[0].Consumers, "stranger")
			},
			[]string{"placement: stranger has claimed of host and is no server"},
		},
		"server without claim": {
			func(p *doctor.Patient) { p.Records.Providers[0].Consumers = nil },
			[]string{"placement: server server is on host host and has claimed of 0 providers"},
		},
		"port of no server": {
			func(p *doctor.Patient) { p.Records.Ports[0].Device = "stranger" },
			[]string{"neutron: port port-0000000000 belongs to stranger, which is no server"},
		},
		"floating port": {
			func(p *doctor.Patient) { p.Records.FloatingIPs, p.Hosts[0].Floating = nil, nil },
			[]string{"neutron: port floating-000000 keeps the address of the floating address floating, which is not there"},
		},
		"device of no port": {
			func(p *doctor.Patient) { p.Hosts[0].Taps = append(p.Hosts[0].Taps, "tapstranger") },
			[]string{"host: device tapstranger is no port's"},
		},
		"namespaces": {
			func(p *doctor.Patient) {
				p.Hosts[0].DHCP = append(p.Hosts[0].DHCP, "stranger")
				p.Hosts[0].Routers = append(p.Hosts[0].Routers, "stranger")
			},
			[]string{
				"host: a namespace is of the router stranger, which is not there",
				"host: a namespace serves DHCP on network stranger, which has none",
			},
		},
		"translation": {
			func(p *doctor.Patient) {
				p.Hosts[0].Floating["router"] = map[string]string{"192.0.2.8": "10.0.0.5"}
			},
			[]string{
				"host: router router does not translate 192.0.2.9 to 10.0.0.5",
				"host: router router translates 192.0.2.8 to 10.0.0.5, which is not recorded",
			},
		},
		"files": {
			func(p *doctor.Patient) {
				p.Files.Sizes = map[string]int64{"stranger.01234567": 7, "empty.01234567": 1}
				p.Files.Beside, p.Files.Staged = []string{"half"}, []string{"image.89abcdef"}
			},
			[]string{
				"glance: file half is being written by nobody", "glance: file image.89abcdef lies in the staging area, and its image is not being imported", "glance: file stranger.01234567 is no image's",
				"glance: image empty waits for its bits, and has the file empty.01234567", "glance: image image is active and has no file",
			},
		},
		"service": {
			func(p *doctor.Patient) { p.Records.Services[0].Up = false }, []string{"host: nova-compute is down"},
		},
		"stuck": {
			func(p *doctor.Patient) {
				p.Records.Servers[0].Task = "powering-off"
				p.Now = p.Now.Add(time.Hour)
			},
			[]string{"nova: server server is ACTIVE (powering-off) since 2026-01-01T12:00:00Z"},
		},
	} {
		p := healthy()
		c.harm(&p)
		var found []string
		for _, f := range p.Examine() {
			found = append(found, f.String())
		}
		if !slices.Equal(found, c.want) {
			t.Errorf("%s: found %q, want %q", name, found, c.want)
		}
	}
}

func TestWhatIsUnderWayIsLeftAlone(t *testing.T) {
	p := healthy()
	p.Records.Servers[0].Task = "deleting"
	p.Hosts[0].Guests = map[string]int{}
	p.Records.Providers[0].Consumers = nil
	if found := p.Examine(); len(found) > 0 {
		t.Errorf("found %v", found)
	}
}
