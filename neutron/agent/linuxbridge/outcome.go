package linuxbridge

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"cumulet/neutron"
	"cumulet/oslo/messaging"
)

// outcome is what became of a port: wired with the tap of that index, or not, for a reason; with neither it is not plugged
// in, or not meant to be up.
type outcome struct {
	tap    int
	reason string
}

func failed(err error) outcome {
	if err == nil {
		return outcome{}
	}
	return outcome{reason: err.Error()}
}

// report tells the server what became of the ports since it was last told; the statuses it keeps count as told. A tap that
// was made anew between two turns is told as down and up, since the hypervisor waits for it.
func (t *turn) report(ctx context.Context, outcomes map[string]outcome) error {
	var ups []neutron.WiredPort
	downs := map[string][]string{} // by reason
	next := map[string]outcome{}
	for _, p := range t.wiring.Ports {
		now, before := outcomes[p.ID], t.reported[p.ID]
		next[p.ID] = now
		replugged := now.tap != 0 && before.tap != 0 && now.tap != before.tap
		if now.tap != 0 && (replugged || p.Status != neutron.Active) {
			ups = append(ups, p)
		}
		if now.reason != "" && now != before {
			t.traceFailed(ctx, p, now.reason)
		}
		if p.Status == neutron.Active && (replugged || now.tap == 0) || now.reason != "" && now != before {
			downs[now.reason] = append(downs[now.reason], p.ID)
		}
	}
	var errs []error
	for reason, ids := range downs {
		if reason != "" {
			t.Log.WarnContext(ctx, "ports cannot be wired", "ports", strings.Join(ids, " "), "reason", reason)
		}
		errs = append(errs, t.tell(ctx, neutron.PortsDown{Host: t.Host.Name, PortIDs: ids, Reason: reason}))
	}
	for caused, ids := range t.byCause(ctx, ups) {
		errs = append(errs, t.tell(caused, neutron.PortsUp{Host: t.Host.Name, PortIDs: ids}))
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	t.reported = next
	return nil
}

func (t *turn) tell(ctx context.Context, m messaging.Message) error {
	_, err := messaging.Call[struct{}](ctx, t.Bus, messaging.Topic(neutron.Topic), m)
	if err != nil {
		return fmt.Errorf("report %s: %w", m.Method(), err)
	}
	return nil
}
