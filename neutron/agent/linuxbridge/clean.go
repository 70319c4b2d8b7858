package linuxbridge

import (
	"context"
	"errors"

	"github.com/vishvananda/netlink"

	"cumulet/neutron"
	"cumulet/neutron/agent/host"
	"cumulet/neutron/agent/netns"
)

// Clean removes all that the agent made: bridges, tunnels and filters. Ports are cut off. The agent must not run; a host
// whose namespace is gone is clean.
func (a *Agent) Clean(ctx context.Context) error {
	if !netns.Exists(a.Host.Namespace) {
		return nil
	}
	return host.With(a.Host.Namespace, func(h *netlink.Handle) error {
		t := newTurn(a, h, neutron.Wiring{})
		if err := t.list(); err != nil {
			return err
		}
		return errors.Join(t.expel(), t.sweep(), host.Filter(ctx, a.Host.Namespace, emptyRuleset()))
	})
}
