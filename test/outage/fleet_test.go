package outage

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"cumulet/oslo/service/servicetest"
	"cumulet/test/cloud"
)

// fleet is a cloud with fake drivers whose roles run in processes of their own.
type fleet struct {
	cloud     *cloud.Cloud
	binary    string
	env       []string
	processes []*process
}

// process is one `cumulet run`.
type process struct {
	role, listen, log string
	env               []string // beside the fleet's
	double            bool
	command           *exec.Cmd
}

// newFleet starts two processes of each role that keeps no state of its own, one of the others.
func newFleet(t *testing.T, bus string, databases map[string]string) *fleet {
	t.Helper()
	f := &fleet{binary: cloud.Binary(t)}
	data, backends := t.TempDir(), map[string][]string{}
	add := func(role string, prefix string, count int) {
		for n := range count {
			p := &process{role: role, listen: servicetest.Address(t), double: count > 1, log: filepath.Join(data, fmt.Sprintf("%s-%d.log", role, n))}
			f.processes = append(f.processes, p)
			if prefix != "" {
				backends[prefix] = append(backends[prefix], "http://"+p.listen)
			}
		}
	}
	add("gateway", "", 1)
	for _, r := range [][2]string{
		{"keystone", "identity"}, {"glance-registry"}, {"glance-api", "image"}, {"placement-api", "placement"}, {"neutron-server", "network"},
		{"nova-conductor"}, {"nova-scheduler"}, {"nova-api", "compute"},
	} {
		add(r[0], r[1], 2)
	}
	add("nova-compute", "", 1)
	add("neutron-linuxbridge-agent", "", 1)
	url := "http://" + f.processes[0].listen
	f.env = []string{"CUMULET_DATA=" + data, "CUMULET_DRIVERS=fake", "CUMULET_KEYSTONE_PASSWORD_HASH_ROUNDS=4", configuration(t, map[string]any{
		"url": url, "host": "one", "fake_hosts": 3, "bus": bus, "databases": databases, "backends": backends,
	})}
	f.cloud = cloud.Attach(t, f.binary, url, data, 2*time.Minute, f.env...)
	t.Cleanup(func() { f.stop(t) })
	for _, p := range f.processes {
		f.launch(t, p)
	}
	for _, p := range f.processes {
		f.serves(t, p)
	}
	f.cloud.Command(t, "seed", "--no-demo", "--no-image")
	return f
}

// add starts one more process.
func (f *fleet) add(t *testing.T, role string, env ...string) *process {
	t.Helper()
	p := &process{role: role, listen: servicetest.Address(t), env: env, log: filepath.Join(t.TempDir(), role+".log")}
	f.processes = append(f.processes, p)
	f.launch(t, p)
	f.serves(t, p)
	return p
}

func (f *fleet) doubled() []*process {
	var two []*process
	for _, p := range f.processes {
		if p.double {
			two = append(two, p)
		}
	}
	return two
}

func (f *fleet) launch(t *testing.T, p *process) {
	t.Helper()
	log, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	p.command = exec.Command(f.binary, "run", p.role)
	p.command.Env = append(append(append(os.Environ(), f.env...), "CUMULET_LISTEN="+p.listen), p.env...)
	p.command.Stdout, p.command.Stderr = log, log
	if err := p.command.Start(); err != nil {
		t.Fatal(err)
	}
}

func (f *fleet) serves(t *testing.T, p *process) {
	t.Helper()
	eventually(t, p.role+" serves", func() error { return cloud.Ready(p.listen) })
}

// kill kills a process and starts it again.
func (f *fleet) kill(t *testing.T, p *process) {
	t.Helper()
	_ = p.command.Process.Kill()
	_ = p.command.Wait() // killed
	f.launch(t, p)
	f.serves(t, p)
}

func (f *fleet) stop(t *testing.T) {
	for _, p := range f.processes {
		if p.command != nil {
			_ = p.command.Process.Signal(syscall.SIGTERM)
		}
	}
	for _, p := range f.processes {
		if p.command == nil {
			continue
		}
		if err := p.command.Wait(); err != nil {
			t.Errorf("%s ended: %v", p.role, err)
		}
		if b, err := os.ReadFile(p.log); err == nil && t.Failed() {
			t.Logf("%s said at last:\n%s", p.role, b[max(0, len(b)-2000):])
		}
	}
}
