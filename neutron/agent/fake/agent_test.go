package fake_test

import (
	"context"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"cumulet/neutron"
	"cumulet/neutron/agent/fake"
	"cumulet/oslo/messaging"
	"cumulet/oslo/service/servicetest"
)

// start runs a neutron-server that only counts reports, and an agent, until both are ready.
func start(t *testing.T) (bus *messaging.Bus, reports *atomic.Int64) {
	t.Helper()
	bus, reports = &messaging.Bus{Transport: messaging.NewMemory()}, &atomic.Int64{}
	log := slog.New(slog.DiscardHandler)
	server := &messaging.Server{Bus: bus, Topic: neutron.Topic, Host: "control", Log: log}
	messaging.Answer(server, func(context.Context, neutron.AgentReport) (neutron.AgentReported, error) {
		reports.Add(1)
		return neutron.AgentReported{}, nil
	})
	messaging.Answer(server, func(context.Context, neutron.BoundPorts) (neutron.Wiring, error) { return neutron.Wiring{}, nil })
	agent := &fake.Agent{Bus: bus, Host: "compute1", ReportEvery: time.Hour, Now: time.Now, Log: log}
	for _, run := range []func(context.Context, func()) error{server.Run, agent.Run} {
		servicetest.Run(t, run)
	}
	return bus, reports
}

// Else the first minute's ports cannot be bound: the server binds none to a host that it does not know.
func TestServerKnowsTheHostOnceTheAgentIsReady(t *testing.T) {
	t.Parallel()
	_, reports := start(t)
	if reports.Load() == 0 {
		t.Error("the agent is ready and has not reported")
	}
}

func TestAgentTakesWhateverItsTopicCarries(t *testing.T) {
	t.Parallel()
	bus, _ := start(t)
	to := messaging.Topic(neutron.TopicL2).On("compute1")
	for _, send := range []func() error{
		call(t, bus, to, neutron.PortChanged{Host: "compute1"}), call(t, bus, to, neutron.PortDeleted{}),
		call(t, bus, to, neutron.NetworkChanged{}), call(t, bus, to, neutron.NetworkDeleted{}),
		call(t, bus, to, neutron.SecurityGroupsChanged{}), call(t, bus, to, neutron.PeersChanged{}),
	} {
		if err := send(); err != nil {
			t.Error(err)
		}
	}
}

func call[M messaging.Message](t *testing.T, bus *messaging.Bus, to messaging.Target, m M) func() error {
	return func() error {
		_, err := messaging.Call[struct{}](t.Context(), bus, to, m)
		return err
	}
}
