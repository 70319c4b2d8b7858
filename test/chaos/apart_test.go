package chaos

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"go.yaml.in/yaml/v3"

	"cumulet/oslo/db/dbtest"
	"cumulet/oslo/messaging/nats/natstest"
	"cumulet/oslo/messaging/rabbitmq/rabbitmqtest"
	"cumulet/oslo/service/servicetest"
	"cumulet/test/cloud"
)

// role is one that runs in a process of its own, with the API that it serves.
type role struct{ name, serves string }

// fakeRoles are those that operations need of a cloud with fake drivers, realRoles of one whose guests and wires are real.
func fakeRoles() []role {
	return []role{
		{"gateway", ""}, {"keystone", "identity"}, {"glance-registry", ""}, {"glance-api", "image"}, {"placement-api", "placement"},
		{"neutron-server", "network"}, {"neutron-linuxbridge-agent", ""}, {"nova-conductor", ""}, {"nova-scheduler", ""},
		{"nova-api", "compute"}, {"nova-compute", ""},
	}
}

func realRoles() []role {
	return append(fakeRoles(),
		role{"neutron-dhcp-agent", ""}, role{"neutron-l3-agent", ""}, role{"neutron-metadata-agent", ""}, role{"nova-metadata", "metadata"})
}

// apart has the site run every role in a process of its own, joined by a bus, each service with its rows on a server's database.
func (s *site) apart(roles []role, bus, engine string) {
	s.t.Helper()
	backends, addresses := map[string][]string{}, map[string]string{"gateway": s.url[len("http://"):]}
	for _, r := range roles {
		if r.name != "gateway" {
			addresses[r.name] = servicetest.Address(s.t)
		}
		if r.serves != "" {
			backends[r.serves] = []string{"http://" + addresses[r.name]}
		}
	}
	config, err := yaml.Marshal(map[string]any{
		"url": s.url, "bus": bus, "backends": backends, "databases": cloud.Databases(s.t, dbtest.Named(s.t, engine).NewServer(s.t)),
	})
	if err != nil {
		s.t.Fatal(err)
	}
	file := filepath.Join(s.data, "cumulet.yaml")
	if err := os.WriteFile(file, config, 0o600); err != nil {
		s.t.Fatal(err)
	}
	for _, r := range roles {
		s.add(r.name, "run", r.name)
		p := s.processes[len(s.processes)-1]
		p.env = append(p.env, "CUMULET_LISTEN="+addresses[r.name])
		p.ready = "http://" + addresses[r.name] + "/readyz"
	}
	s.start()
	s.cloud.Command(s.t, "seed", "--no-demo", "--no-image")
}

// serves tells whether a process answers that all its roles are ready.
func (p *process) serves() error {
	answer, err := http.Get(p.ready)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode == http.StatusOK {
		return nil
	}
	roles, err := io.ReadAll(answer.Body)
	return errors.Join(fmt.Errorf("%s: %s %s", p.name, answer.Status, roles), err)
}

// onRabbitMQ is a cloud of processes with fake drivers, on a RabbitMQ and a MariaDB of its own.
func onRabbitMQ(t *testing.T) *site {
	bus := rabbitmqtest.Start(t).Address("")
	s := newSite(t)
	s.apart(fakeRoles(), bus, "mariadb")
	return s
}

// onNATS is such a cloud on Debian's nats-server, and on PostgreSQL.
func onNATS(t *testing.T) *site {
	bus := natstest.Start(t)
	s := newSite(t)
	s.apart(fakeRoles(), bus, "postgres")
	return s
}

// apartOnThisMachine is such a cloud whose guests and wires are real.
func apartOnThisMachine(t *testing.T) *site {
	guest := needGuest(t)
	bus := natstest.Start(t)
	s := newSite(t)
	s.real(guest)
	s.apart(realRoles(), bus, "mariadb")
	return s
}
