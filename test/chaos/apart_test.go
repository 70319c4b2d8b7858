package chaos

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"go.yaml.in/yaml/v3"

	"cumulet/oslo/messaging/rabbitmq/rabbitmqtest"
	"cumulet/test/cloud"
)

// roles are those that operations need of a cloud with fake drivers, with the API that each serves.
func roles() []struct{ name, serves string } {
	return []struct{ name, serves string }{
		{"gateway", ""}, {"keystone", "identity"}, {"glance-registry", ""}, {"glance-api", "image"}, {"placement-api", "placement"},
		{"neutron-server", "network"}, {"neutron-linuxbridge-agent", ""}, {"nova-conductor", ""}, {"nova-scheduler", ""},
		{"nova-api", "compute"}, {"nova-compute", ""},
	}
}

// apart is a cloud with every role in a process of its own, joined by a bus.
func apart(t *testing.T, bus string) *site {
	t.Helper()
	s := newSite(t)
	backends := map[string][]string{}
	addresses := map[string]string{"gateway": s.url[len("http://"):]}
	for _, r := range roles() {
		if r.name != "gateway" {
			addresses[r.name] = cloud.FreeAddress(t)
		}
		if r.serves != "" {
			backends[r.serves] = []string{"http://" + addresses[r.name]}
		}
	}
	config, err := yaml.Marshal(map[string]any{"url": s.url, "bus": bus, "backends": backends})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(s.data, "cumulet.yaml")
	if err := os.WriteFile(file, config, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, r := range roles() {
		s.add(r.name, "run", r.name)
		p := s.processes[len(s.processes)-1]
		p.env = append(p.env, "CUMULET_LISTEN="+addresses[r.name])
		p.ready = "http://" + addresses[r.name] + "/readyz"
	}
	s.start()
	s.cloud.Command(t, "seed", "--no-demo", "--no-image")
	return s
}

// serves tells whether a process answers that all its roles are ready.
func (p *process) serves() error {
	answer, err := http.Get(p.ready)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", p.name, answer.Status)
	}
	return nil
}

// onRabbitMQ is such a cloud on a RabbitMQ of its own.
func onRabbitMQ(t *testing.T) *site { return apart(t, rabbitmqtest.Start(t).Address("")) }

// onNATS is such a cloud on Debian's nats-server.
func onNATS(t *testing.T) *site {
	program, err := exec.LookPath("nats-server")
	if err != nil {
		t.Skip("no nats-server on this machine: install Debian's package nats-server")
	}
	address := cloud.FreeAddress(t)
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	server := exec.Command(program, "-a", host, "-p", port, "--user", "cumulet", "--pass", "test-only", "-js", "-sd", t.TempDir())
	var log bytes.Buffer
	server.Stdout, server.Stderr = &log, &log
	server.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait() // killed
	})
	return apart(t, "nats://cumulet:test-only@"+address)
}
