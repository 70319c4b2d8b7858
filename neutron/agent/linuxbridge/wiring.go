package linuxbridge

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/vishvananda/netlink"

	"cumulet/neutron"
	"cumulet/neutron/agent/host"
	"cumulet/oslo/messaging"
)

// turn is what one reconciliation works on.
type turn struct {
	*Agent
	h        *netlink.Handle
	wiring   neutron.Wiring
	networks map[string]neutron.WiredNetwork
	links    map[string]netlink.Link
	bridges  map[string]netlink.Link // by network, made in this turn
	failures map[string]error        // by network
	began    time.Time
}

// reconcile makes the host as the server wants it and reports what became of each port.
func (a *Agent) reconcile(ctx context.Context) error {
	began := time.Now()
	wiring, err := messaging.Call[neutron.Wiring](ctx, a.Bus, messaging.Topic(neutron.Topic), neutron.HostWiring{Host: a.Host.Name})
	if err != nil {
		return fmt.Errorf("fetch wiring: %w", err)
	}
	a.mu.Lock()
	a.wiring = wiring
	a.mu.Unlock()
	return host.With(a.Host.Namespace, func(h *netlink.Handle) error {
		t := newTurn(a, h, wiring)
		t.began = began
		if err := t.list(); err != nil {
			return err
		}
		return t.work(ctx)
	})
}

// Sweep removes bridges and tunnels of networks that have no port here any more, without wiring anything. The agent must
// not run: it does so itself.
func (a *Agent) Sweep(ctx context.Context) error {
	wiring, err := messaging.Call[neutron.Wiring](ctx, a.Bus, messaging.Topic(neutron.Topic), neutron.HostWiring{Host: a.Host.Name})
	if err != nil {
		return fmt.Errorf("fetch wiring: %w", err)
	}
	return host.With(a.Host.Namespace, func(h *netlink.Handle) error {
		t := newTurn(a, h, wiring)
		if err := t.list(); err != nil {
			return err
		}
		for _, p := range t.present() {
			t.bridges[p.NetworkID] = t.links[neutron.InterfaceName(bridgePrefix, p.NetworkID)]
		}
		return errors.Join(t.expel(), t.sweep())
	})
}

func newTurn(a *Agent, h *netlink.Handle, wiring neutron.Wiring) *turn {
	t := &turn{Agent: a, h: h, wiring: wiring, networks: map[string]neutron.WiredNetwork{},
		bridges: map[string]netlink.Link{}, failures: map[string]error{}}
	for _, n := range wiring.Networks {
		t.networks[n.ID] = n
	}
	return t
}

func (t *turn) list() error {
	links, err := host.List(t.h.LinkList)
	if err != nil {
		return fmt.Errorf("list links: %w", err)
	}
	t.links = make(map[string]netlink.Link, len(links))
	for _, l := range links {
		t.links[l.Attrs().Name] = l
	}
	return nil
}

// work goes in the order that never lets a port be open: strangers out, bridges, filters, and then the taps in.
func (t *turn) work(ctx context.Context) error {
	// A tap whose port is gone must leave the wire before its filter does.
	if err := t.expel(); err != nil {
		return err
	}
	present := t.present()
	fresh := t.assignZones(present)
	for _, p := range present {
		if _, done := t.bridges[p.NetworkID]; !done && t.failures[p.NetworkID] == nil {
			if err := t.ensureNetwork(p.NetworkID); err != nil {
				t.failures[p.NetworkID] = err
			}
		}
	}
	filtered := t.filter(ctx, present, fresh)
	if ctx.Err() != nil {
		return ctx.Err() // the agent stops: that is no trouble of the ports
	}
	outcomes := map[string]outcome{}
	for _, p := range present {
		outcomes[p.ID] = t.plug(p, filtered)
	}
	t.wired.Store(int64(len(present)))
	return errors.Join(filtered, t.sweep(), t.report(ctx, outcomes))
}

// present are the ports whose device is there.
func (t *turn) present() []neutron.WiredPort {
	var ports []neutron.WiredPort
	for _, p := range t.wiring.Ports {
		if t.links[neutron.InterfaceName(tapPrefix, p.ID)] != nil {
			ports = append(ports, p)
		}
	}
	return ports
}

// plug puts a port's tap into its bridge and says how that went.
func (t *turn) plug(p neutron.WiredPort, filtered error) outcome {
	tap := t.links[neutron.InterfaceName(tapPrefix, p.ID)]
	network := t.networks[p.NetworkID]
	switch {
	case !p.AdminUp || !network.AdminUp:
		return failed(t.unplug(tap))
	case t.failures[p.NetworkID] != nil:
		return failed(t.failures[p.NetworkID])
	case filtered != nil && guarded(p):
		// It is not let onto the wire; one that is there already keeps the filter it has.
		return failed(filtered)
	}
	err := host.Enslave(t.h, t.Host.Namespace, tap, t.bridges[p.NetworkID], network.MTU)
	switch {
	case host.Absent(err):
		return outcome{} // it went meanwhile
	case err != nil:
		return failed(err)
	}
	return outcome{tap: tap.Attrs().Index}
}

// expel takes taps out of our bridges that belong to no port of this host (any more).
func (t *turn) expel() error {
	bridges := map[int]bool{}
	for _, link := range t.links {
		if link.Type() == "bridge" && ours(link) {
			bridges[link.Attrs().Index] = true
		}
	}
	wanted := map[string]bool{}
	for _, p := range t.wiring.Ports {
		wanted[neutron.InterfaceName(tapPrefix, p.ID)] = true
	}
	var errs []error
	for name, link := range t.links {
		if strings.HasPrefix(name, tapPrefix) && bridges[link.Attrs().MasterIndex] && !wanted[name] {
			errs = append(errs, t.unplug(link))
		}
	}
	return errors.Join(errs...)
}

func (t *turn) unplug(tap netlink.Link) error {
	if tap.Attrs().MasterIndex == 0 {
		return nil
	}
	if err := t.h.LinkSetNoMaster(tap); err != nil && !host.Absent(err) {
		return fmt.Errorf("take %q out of its bridge: %w", tap.Attrs().Name, err)
	}
	return nil
}
