package main

import (
	"os"
	"slices"
	"strings"
	"testing"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestHostsAreAsManyAsAtTheLastStart(t *testing.T) {
	t.Parallel()
	d := newData(t)
	for _, name := range hostNames("first", 3) {
		must(t, os.Mkdir(d.path("hosts", name), 0o700))
	}
	made, err := loadConfig(&commands{Data: string(d)})
	if err != nil || made.Host != "first" || made.Hosts != 3 {
		t.Errorf("the hosts are %d of %q (%v)", made.Hosts, made.Host, err)
	}
	p := &process{data: d, config: made}
	var ends []string
	for _, n := range p.nodes() {
		ends = append(ends, n.Name+" "+n.tunnelIP.String())
	}
	if want := []string{"first 169.254.192.1", "first-2 169.254.192.2", "first-3 169.254.192.3"}; !slices.Equal(ends, want) {
		t.Errorf("the ends of the tunnels are %v", ends)
	}
}

func TestHostsThatProcessesNamedAreNotCounted(t *testing.T) {
	t.Parallel()
	d := newData(t)
	for _, name := range []string{"one", "other"} {
		must(t, os.Mkdir(d.path("hosts", name), 0o700))
	}
	if names := d.knownHosts(); names != nil {
		t.Errorf("the machine is taken for %v", names)
	}
}

func TestHostWithServersIsNotTakenAway(t *testing.T) {
	t.Parallel()
	d := newData(t)
	p := &process{data: d, config: defaultConfig()}
	p.config.Host, p.config.Hosts = "first", 1
	for _, name := range hostNames("first", 3) {
		must(t, os.MkdirAll(d.path("hosts", name, "instances"), 0o700))
	}
	if left := p.surplus(); len(left) != 2 || left[1].Name != "first-3" {
		t.Errorf("left over are %v", left)
	}
	must(t, p.checkSurplus())
	must(t, os.Mkdir(d.path("hosts", "first-2", "instances", "4711"), 0o700))
	err := p.checkSurplus()
	if err == nil || !strings.Contains(err.Error(), `host "first-2" cannot be taken away: servers live on it (4711)`) {
		t.Errorf("the check says %v", err)
	}
}

func TestHostsThatCannotBeJoinedAreRefused(t *testing.T) {
	t.Parallel()
	for setting, want := range map[string]string{
		"hosts: -1": "hosts: -1", "hosts: 65": "not between", "underlay: fd00::/64": "no IPv4 network",
		"underlay: 10.0.0.0/30": "no IPv4 network", "underlay: 10.0.0.1/24": "no IPv4 network",
		"hosts: 2\ntunnel_ip: 192.0.2.1": "tunnel_ip",
	} {
		d := newData(t)
		must(t, os.WriteFile(d.path("cumulet.yaml"), []byte(setting+"\n"), 0o600))
		if _, err := loadConfig(&commands{Data: string(d)}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", setting, err)
		}
	}
}
