package outage

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"cumulet/oslo/db/dbtest"
	"cumulet/oslo/messaging/rabbitmq/rabbitmqtest"
	"cumulet/test/cloud"
)

// configuration writes a configuration file and gives the environment that names it.
func configuration(t *testing.T, options map[string]any) string {
	t.Helper()
	text, err := yaml.Marshal(options)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "cumulet.yaml")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return "CUMULET_CONFIG=" + file
}

func TestDatabaseServerMayRestartUnderLoad(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		if e.Name == "sqlite" {
			t.Skip("sqlite has no server")
		}
		t.Parallel()
		server := e.NewServer(t)
		c := cloud.Start(t, configuration(t, map[string]any{"databases": cloud.Databases(t, server)}))
		work(t, c, func() {
			server.Stop(t)
			server.Start(t)
		})
	})
}

func TestBrokerMayRestartUnderLoad(t *testing.T) {
	t.Parallel()
	broker := rabbitmqtest.Start(t)
	c := cloud.Start(t, configuration(t, map[string]any{"bus": broker.Address("silence=2s")}))
	work(t, c, func() {
		broker.Kill(t)
		broker.Restart(t)
	})
}

// TestProcessesMayDie has two processes of each role that keeps no state of its own, and kills one after the other; then a host
// vanishes.
func TestProcessesMayDie(t *testing.T) {
	t.Parallel()
	f := newFleet(t, rabbitmqtest.Start(t).Address("silence=2s"), cloud.Databases(t, dbtest.Named(t, "postgres").NewServer(t)))
	t.Run("OneOfTwo", func(t *testing.T) {
		work(t, f.cloud, func() {
			for _, p := range f.doubled() {
				f.kill(t, p)
			}
		})
	})
	t.Run("AHost", func(t *testing.T) { vanishes(t, f) })
}

// clients work at once; each makes so many networks and servers.
const (
	clients = 6
	turns   = 8
)

// work has clients make networks and servers while the cloud is disturbed, then holds what is there against what was answered.
func work(t *testing.T, c *cloud.Cloud, disturb func()) {
	admin := c.Admin(t)
	user := c.Account(t, admin, "worker", "member")
	quota(t, admin, user)
	p := newPlace(t, user)

	began := make(chan struct{}, clients)
	done := make(chan []*worker)
	go func() { done <- allWorkers(t, p, began) }()
	for range clients {
		<-began // each has had a first answer
	}
	disturb()
	var refused int
	for _, w := range <-done {
		for _, m := range w.made {
			m.check(t, user)
		}
		refused += w.refused
	}
	t.Logf("%d of %d requests were told to come again", refused, 2*clients*turns)

	// Now nothing is in the way of anybody.
	after := &worker{t: t, place: p, name: "after"}
	after.turn(0)
	if after.refused > 0 {
		t.Errorf("afterwards %d requests of 2 are refused", after.refused)
	}
	for _, m := range after.made {
		m.check(t, user)
	}
	removeAll(t, user)
	healthy(t, c)
}

// healthy waits until the doctor finds nothing.
func healthy(t *testing.T, c *cloud.Cloud) {
	t.Helper()
	eventually(t, "the doctor finds nothing", func() error {
		if out, err := c.Try(t.Context(), "doctor", "--wait", "0s"); err != nil {
			return fmt.Errorf("%w: %s", err, out)
		}
		return nil
	})
}

func quota(t *testing.T, admin, user *cloud.Client) {
	t.Helper()
	admin.Ask(t, "PUT", "/compute/v2.1/os-quota-sets/"+user.ProjectID, cloud.M{"quota_set": cloud.M{"instances": -1, "cores": -1, "ram": -1}})
	admin.Ask(t, "PUT", "/network/v2.0/quotas/"+user.ProjectID, cloud.M{"quota": cloud.M{"network": -1, "port": -1}})
}

// eventually asks until it holds.
func eventually(t *testing.T, what string, holds func() error) {
	t.Helper()
	deadline := time.Now().Add(2 * time.Minute)
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for range tick.C {
		err := holds()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: %v", what, err)
		}
	}
}

// comesAgain tells whether an answer says that nothing is wrong with the request, only with the moment; anything else that is
// no success is a wrong answer.
func comesAgain(a cloud.Answer) bool {
	return a.Status == http.StatusServiceUnavailable || a.Status == http.StatusGatewayTimeout || a.Status == http.StatusBadGateway
}
