package l3

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"cumulet/neutron"
	"cumulet/neutron/agent/netns"
	"cumulet/oslo/messaging"
	"cumulet/oslo/telemetry"
)

// reconcile builds the routers that the server says are this agent's, and no others, and reports how they fare.
func (a *Agent) reconcile(ctx context.Context) error {
	began := time.Now()
	served, err := messaging.Call[neutron.ServedRouters](ctx, a.Bus, messaging.Topic(neutron.Topic), neutron.HostRouters{Host: a.Host.Name})
	if err != nil {
		return fmt.Errorf("fetch routers: %w", err)
	}
	var errs []error
	keep := map[string]bool{}
	for _, want := range served.Routers {
		if !want.AdminUp {
			continue // it is taken down, as upstream's _process_router_update does
		}
		keep[want.ID] = true
		if err := a.traced(ctx, began, want); err != nil {
			errs = append(errs, fmt.Errorf("router %s: %w", want.ID, err))
		}
	}
	errs = append(errs, a.sweep(keep))
	a.load.Store(int64(len(keep)))
	errs = append(errs, a.reportFloating(ctx, served.Routers))
	return errors.Join(errs...)
}

// traced builds a router as a part of the request that asked for its change before the turn began, if there is one.
func (a *Agent) traced(ctx context.Context, began time.Time, want neutron.ServedRouter) error {
	caused, heard, ok := a.causes.Of(ctx, want.ID, began)
	if !ok {
		return a.build(ctx, want)
	}
	caused, end := telemetry.Start(caused, "l3.build", slog.String("router", want.ID), slog.Int("interfaces", len(want.Interfaces)),
		slog.Int("floating_ips", len(want.FloatingIPs)), slog.Duration("waited", began.Sub(heard)))
	err := a.build(caused, want)
	end(err)
	return err
}

// build builds a router and says so when it comes to work or ceases to.
func (a *Agent) build(ctx context.Context, want neutron.ServedRouter) error {
	r := a.routers[want.ID]
	if r == nil {
		r = &router{id: want.ID, host: a.Host, namespace: a.Host.Router(want.ID), metadata: a.Metadata,
			log: a.Log.With("router", want.ID), adverts: map[string]*advertiser{}}
		a.routers[want.ID] = r
	}
	err := r.build(ctx, want)
	status := neutron.RouterStatus{Host: a.Host.Name, Statuses: map[string]neutron.Status{want.ID: neutron.Active}}
	if err != nil {
		status.Statuses[want.ID], status.Reason = neutron.Error, err.Error()
	}
	if said := string(status.Statuses[want.ID]) + status.Reason; said != r.said {
		if tellErr := a.tell(ctx, status); tellErr != nil {
			return errors.Join(err, tellErr)
		}
		r.said = said
	}
	return err
}

// reportFloating tells the server of floating addresses whose status is not what it keeps.
func (a *Agent) reportFloating(ctx context.Context, routers []neutron.ServedRouter) error {
	report := neutron.FloatingIPStatus{Host: a.Host.Name, Statuses: map[string]neutron.Status{}}
	for _, want := range routers {
		r := a.routers[want.ID]
		for _, f := range want.FloatingIPs {
			now := neutron.Down
			switch {
			case !f.Fixed.IsValid() || r == nil || want.Gateway == nil:
			case r.floating[f.Floating] == f.Fixed:
				now = neutron.Active
			default:
				now = neutron.Error
			}
			if now != f.Status {
				report.Statuses[f.ID] = now
			}
		}
	}
	if len(report.Statuses) == 0 {
		return nil
	}
	return a.tell(ctx, report)
}

func (a *Agent) tell(ctx context.Context, m messaging.Message) error {
	if _, err := messaging.Call[struct{}](ctx, a.Bus, messaging.Topic(neutron.Topic), m); err != nil {
		return fmt.Errorf("report %s: %w", m.Method(), err)
	}
	return nil
}

// Sweep removes what is routed here and is not this agent's any more; it asks the server.
func (a *Agent) Sweep(ctx context.Context) error {
	served, err := messaging.Call[neutron.ServedRouters](ctx, a.Bus, messaging.Topic(neutron.Topic), neutron.HostRouters{Host: a.Host.Name})
	if err != nil {
		return fmt.Errorf("fetch routers: %w", err)
	}
	keep := map[string]bool{}
	for _, r := range served.Routers {
		keep[r.ID] = r.AdminUp
	}
	return a.sweep(keep)
}

// Clean removes every router of the host. The agent must not run.
func (a *Agent) Clean(context.Context) error { return a.sweep(nil) }

func (a *Agent) sweep(keep map[string]bool) error {
	for id, r := range a.routers {
		if !keep[id] {
			r.close()
			delete(a.routers, id)
		}
	}
	ids, err := a.Host.Routers()
	if err != nil {
		return err
	}
	var errs []error
	for _, id := range ids {
		if !keep[id] {
			errs = append(errs, netns.Delete(a.Host.Router(id)))
		}
	}
	return errors.Join(errs...)
}
