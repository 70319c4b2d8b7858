package manager

import (
	"context"

	"cumulet/nova"
	"cumulet/oslo/fault"
	"cumulet/oslo/messaging"
	"cumulet/oslo/policy"
)

// ConsoleOutput reads the last lines of a guest's console; lines 0 gives all that is kept.
func (m *Manager) ConsoleOutput(ctx context.Context, who policy.Who, id string, lines int) (string, error) {
	s, err := m.Server(ctx, who, id)
	if err != nil {
		return "", err
	}
	if s.Host == "" {
		return "", notReady(id)
	}
	text, err := messaging.Call[nova.ConsoleText](ctx, m.Bus, messaging.Topic(nova.ComputeTopic).On(s.Host),
		nova.ReadGuestConsole{ServerID: id, Lines: lines})
	if fault.Is(err, fault.NotFound) { // recorded, and not there (yet)
		return "", notReady(id)
	}
	return string(text.Output), doing(err, "read console of %q", id)
}

// notReady refuses what only a host could answer; as InstanceNotReady in nova/api/openstack/compute/console_output.py.
func notReady(id string) error {
	return fault.New(fault.Conflict, "InstanceNotReady", "Instance %s is not ready", id)
}
