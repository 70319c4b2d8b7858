package conductor

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cumulet/nova"
	novadb "cumulet/nova/db"
	"cumulet/oslo/fault"
	"cumulet/oslo/flow"
	"cumulet/oslo/messaging"
)

// The parts of a creation that users see in its action; upstream's names.
const (
	scheduleEvent = "conductor_schedule_and_build_instances"
	buildEvent    = "compute__do_build_and_run_instance"
)

// outlasting is how many tries a step has that fails only while something is away: with the pauses between them they outlast the
// restart of a broker or of a service, by a minute at least.
const outlasting = 8

func (c *Conductor) createFlow() flow.Flow[nova.CreateState] {
	build := c.Config.BuildTimeout * time.Duration(max(c.Config.BuildTries, 1))
	return flow.Flow[nova.CreateState]{
		Name: nova.CreateFlow,
		Steps: []flow.Step[nova.CreateState]{
			{Name: "schedule", Do: c.schedule, Undo: c.unschedule, Tries: outlasting},
			{Name: "ports", Do: c.connect, Undo: c.disconnect, Tries: outlasting},
			{Name: "build", Do: c.build, Undo: c.unbuild, Deadline: build, Tries: outlasting},
			{Name: "plug", Do: c.plugged, Deadline: c.Config.VIFPluggingTimeout + time.Minute, Tries: 2},
			{Name: "activate", Do: c.activate, Tries: outlasting},
		},
		Failed: c.createFailed,
	}
}

// schedule has a host chosen and claimed, and records it.
func (c *Conductor) schedule(ctx context.Context, st *nova.CreateState) error {
	if err := c.begin(ctx, st.ActionID, scheduleEvent, c.Host); err != nil {
		return err
	}
	s, err := c.wanted(ctx, st.ServerID)
	if err != nil || s.Host != "" { // chosen by an earlier run of this step
		return err
	}
	// This is not broken off by a deletion: the claim would come after it was taken back.
	return c.place(ctx, st)
}

// place asks a scheduler for a host, and records it with the scheduler's report. A host that has become wrong for the server's
// group since it was asked for is given back, and another one asked for.
func (c *Conductor) place(ctx context.Context, st *nova.CreateState) error {
	for {
		spec, err := c.specify(ctx, st.Spec)
		if err != nil {
			return err
		}
		chosen, err := messaging.Call[nova.Selection](ctx, c.Bus, messaging.Topic(nova.SchedulerTopic), nova.SelectHost{Spec: spec})
		if err != nil {
			return fmt.Errorf("select host: %w", err)
		}
		if err = c.settle(ctx, st.ServerID, spec, chosen); !errors.Is(err, errGroup) {
			return err
		}
		if err := c.Inventory.Release(ctx, st.ServerID); err != nil {
			return err
		}
		if spec.Forced { // a scheduler would only choose it again
			return nova.NoValidHost("Host " + chosen.Host + " is against the policy of server group " + spec.Group.ID + ".")
		}
	}
}

// errGroup is that another member of a group came first.
var errGroup = errors.New("the host is against the group's policy")

// settle records the host that was chosen. Whether it still suits the server's group is seen in the same transaction: members
// are chosen for at the same time. Upstream looks on the host, in _validate_instance_group_policy of nova/compute/manager.py.
func (c *Conductor) settle(ctx context.Context, id string, spec nova.RequestSpec, chosen nova.Selection) error {
	_, err := c.alter(ctx, id, func(tx *novadb.Tx, s *nova.Server) error {
		if chosen.Host != "" && spec.Group != nil {
			now := *spec.Group
			var err error
			if now.Hosts, err = tx.GroupHosts(ctx, now.ID, id); err != nil {
				return err
			}
			if now.Refuse(chosen.Host) != "" {
				return errGroup
			}
		}
		if err := tx.SetSchedulerReport(ctx, s.ID, chosen.Report); err != nil {
			return err
		}
		if chosen.Host != "" {
			s.Host, s.Node, s.LaunchedOn, s.AvailabilityZone = chosen.Host, chosen.Node, chosen.Host, chosen.Zone
			progress(s, nova.Networking)
			return tx.Record(ctx, "scheduler.select_destinations.end", spec)
		}
		return nil
	})
	if err == nil && chosen.Host == "" {
		// as nova/scheduler/manager.py, when no candidate is left
		return nova.NoValidHost("There are not enough hosts available.")
	}
	return err
}

// progress moves a build's task on, unless something else (a deletion) has taken the task over.
func progress(s *nova.Server, to nova.TaskState) {
	switch s.TaskState {
	case nova.Scheduling, nova.Networking, nova.BlockDeviceMapping, nova.Spawning:
		s.TaskState = to
	}
}

// specify fills in what a scheduler must know of other servers.
func (c *Conductor) specify(ctx context.Context, spec nova.RequestSpec) (nova.RequestSpec, error) {
	for _, hint := range []struct {
		name string
		to   *[]string
	}{{"same_host", &spec.SameHosts}, {"different_host", &spec.DifferentHosts}} {
		ids := spec.Hints[hint.name]
		if len(ids) == 0 {
			continue
		}
		servers, err := c.DB.Servers(ctx, nova.ServerFilter{IDs: ids}, nova.Page{})
		if err != nil {
			return spec, err
		}
		*hint.to = nil
		for _, s := range servers {
			if s.Host != "" {
				*hint.to = append(*hint.to, s.Host)
			}
		}
	}
	s, err := c.DB.Server(ctx, spec.ServerID)
	if err != nil || s.ServerGroup == "" {
		return spec, err
	}
	g, err := c.DB.ServerGroup(ctx, s.ServerGroup)
	if err != nil {
		if gone(err) { // deleted since: its rule holds no more
			return spec, nil
		}
		return spec, err
	}
	spec.Group = &nova.GroupSpec{ID: g.ID, Policy: g.Policy, MaxPerHost: g.MaxPerHost}
	spec.Group.Hosts, err = c.DB.GroupHosts(ctx, g.ID, s.ID)
	return spec, err
}

// unschedule gives the claim back and forgets the host.
func (c *Conductor) unschedule(ctx context.Context, st *nova.CreateState) error {
	if err := c.Inventory.Release(ctx, st.ServerID); err != nil {
		return err
	}
	_, err := c.alter(ctx, st.ServerID, func(_ *novadb.Tx, s *nova.Server) error {
		s.Host, s.Node, s.LaunchedOn = "", "", ""
		return nil
	})
	return err
}

// activate records that the server runs.
func (c *Conductor) activate(ctx context.Context, st *nova.CreateState) error {
	_, err := c.alter(ctx, st.ServerID, func(tx *novadb.Tx, s *nova.Server) error {
		if s.TaskState == nova.Deleting {
			return nova.Abandoned(s.ID)
		}
		now := c.now()
		s.VMState, s.TaskState, s.PowerState = nova.Active, nova.NoTask, nova.PowerRunning
		s.LaunchedAt, s.Progress, s.Fault = &now, 0, nil
		if err := c.end(ctx, tx, st.ActionID, buildEvent, s.Host, nil); err != nil {
			return err
		}
		return record(ctx, tx, "server.create.end", *s)
	})
	return err
}

// createFailed records why a server could not be built. One that is to be deleted stays so.
func (c *Conductor) createFailed(ctx context.Context, st *nova.CreateState, why error) error {
	_, err := c.alter(ctx, st.ServerID, func(tx *novadb.Tx, s *nova.Server) error {
		for _, event := range []string{scheduleEvent, buildEvent} {
			if err := c.end(ctx, tx, st.ActionID, event, c.Host, why); err != nil {
				return err
			}
		}
		if s.TaskState == nova.Deleting {
			return nil
		}
		s.VMState, s.TaskState, s.PowerState, s.Fault = nova.ErrorState, nova.NoTask, nova.NoState, c.failure(why)
		return record(ctx, tx, "server.create.error", *s)
	})
	if gone(err) {
		return nil
	}
	return err
}

// retriable tells whether a failure to build may not happen on another host.
func retriable(err error) bool {
	f := fault.Of(err)
	if f == nil {
		return true
	}
	switch f.Kind {
	case fault.Invalid, fault.Forbidden, fault.TooLarge, fault.NotImplemented, fault.Unprocessable:
		return false // the request itself is what is wrong: upstream's BuildAbortException
	}
	return !abandoned(err)
}
