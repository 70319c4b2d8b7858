package conductor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"cumulet/nova"
	novadb "cumulet/nova/db"
	"cumulet/oslo/fault"
	"cumulet/oslo/messaging"
)

// build has the host make the guest; when it fails there, other hosts are tried.
func (c *Conductor) build(ctx context.Context, st *nova.CreateState) error {
	for {
		var host string
		err := c.whileWanted(ctx, st.ServerID, func(ctx context.Context, s nova.Server) error {
			if host = s.Host; host == "" { // given up by a run of this step that was killed: the next is chosen
				return errNoHost
			}
			return c.buildOn(ctx, st, s)
		})
		if err == nil || abandoned(err) || ctx.Err() != nil {
			return err
		}
		if messaging.Unanswered(err) { // which tells nothing of the host, unless it is down
			if up, upErr := c.up(ctx, host); upErr != nil || up {
				return errors.Join(err, upErr) // what is away comes back, and this step to the same host
			}
		}
		if host != "" {
			if st.Tries++; st.Tries >= c.Config.BuildTries || !retriable(err) || st.Spec.Host != "" {
				return c.exhausted(st, err)
			}
			c.Log.WarnContext(ctx, "build failed, another host is tried", "server", st.ServerID, "host", host, "error", err)
		}
		if err := c.elsewhere(ctx, st, host, err); err != nil {
			return err
		}
	}
}

func (c *Conductor) buildOn(ctx context.Context, st *nova.CreateState, s nova.Server) error {
	err := c.DB.Tx(ctx, func(tx *novadb.Tx) error {
		now := c.now()
		begun := nova.ActionEvent{ActionID: st.ActionID, Name: buildEvent, Host: s.Host, StartedAt: now}
		if err := tx.BeginActionEvent(ctx, begun); err != nil {
			return err
		}
		result := "Success"
		return tx.EndActionEvent(ctx, nova.ActionEvent{
			ActionID: st.ActionID, Name: scheduleEvent, Host: c.Host, Result: &result, EndedAt: &now,
		})
	})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, c.Config.BuildTimeout)
	defer cancel()
	_, err = messaging.Call[nova.GuestState](ctx, c.Bus, on(s.Host), nova.BuildServer{Server: s})
	if err != nil {
		return fmt.Errorf("build on %s: %w", s.Host, err)
	}
	return nil
}

// exhausted says why no further host is tried. What only is away stays what it is, for this step to be tried later.
func (c *Conductor) exhausted(st *nova.CreateState, why error) error {
	switch {
	case fault.Is(why, fault.Unavailable) || !retriable(why):
		return why
	case st.Spec.Host != "": // as BuildAbortException in nova/exception.py
		return fault.New(fault.Conflict, "BuildAbortException", "Build of instance %s aborted: %s", st.ServerID, said(why)).Because(why)
	}
	return fault.New(fault.Conflict, "MaxRetriesExceeded", // as populate_retry in nova/scheduler/utils.py
		"Exceeded maximum number of retries. Exceeded max scheduling attempts %d for instance %s. Last exception: %s",
		c.Config.BuildTries, st.ServerID, said(why)).Because(why)
}

// elsewhere gives the host up on which the server failed, and prepares the next.
func (c *Conductor) elsewhere(ctx context.Context, st *nova.CreateState, host string, why error) error {
	if host != "" && !slices.Contains(st.Spec.Ignore, host) {
		st.Spec.Ignore = append(st.Spec.Ignore, host)
	}
	if err := c.destroy(ctx, st.ServerID); err != nil {
		return errors.Join(why, err)
	}
	if err := c.unschedule(ctx, st); err != nil {
		return errors.Join(why, err)
	}
	if err := c.place(ctx, st); err != nil {
		if f := fault.Of(err); f != nil && f.Name == "NoValidHost" { // as MaxRetriesExceeded in nova/conductor/manager.py
			return nova.NoValidHost("Exhausted all hosts available for retrying build failures for instance " + st.ServerID + ".").Because(why)
		}
		return err
	}
	return c.connect(ctx, st)
}

// unbuild removes the guest.
func (c *Conductor) unbuild(ctx context.Context, st *nova.CreateState) error {
	return c.destroy(ctx, st.ServerID)
}

// destroy removes a server's guest from its host. A host that is down is not waited for: when it comes back, its compute
// finds the guest an orphan and removes it.
func (c *Conductor) destroy(ctx context.Context, id string) error {
	s, err := c.DB.Server(ctx, id)
	if gone(err) {
		return nil
	}
	if err != nil || s.Host == "" {
		return err
	}
	_, err = messaging.Call[struct{}](ctx, c.Bus, on(s.Host), nova.DestroyServer{Server: s})
	if err == nil {
		return nil
	}
	if up, upErr := c.up(ctx, s.Host); upErr != nil || up {
		return errors.Join(fmt.Errorf("destroy on %s: %w", s.Host, err), upErr)
	}
	c.Log.WarnContext(ctx, "host is down, its guest is left to it", "server", id, "host", s.Host)
	return nil
}

// plugged waits until neutron has wired the server's ports.
func (c *Conductor) plugged(ctx context.Context, st *nova.CreateState) error {
	if c.Config.VIFPluggingTimeout <= 0 {
		return nil
	}
	deadline := time.NewTimer(c.Config.VIFPluggingTimeout)
	defer deadline.Stop()
	changes, stop := c.watch.of(st.ServerID)
	defer stop()
	// A port that was wired the moment it was bound was told of before the server was known to have it: neutron is asked once.
	if err := c.askWired(ctx, st.ServerID); err != nil {
		return err
	}
	for late := false; ; {
		s, err := c.wanted(ctx, st.ServerID)
		if err != nil {
			return err
		}
		if !unwired(s) {
			return nil
		}
		if late {
			return c.unplugged(ctx, s)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changes:
		case <-deadline.C:
			late = true
		}
	}
}

// unplugged is what becomes of a build whose ports were not reported in time: neutron is asked, since an event may be lost.
func (c *Conductor) unplugged(ctx context.Context, s nova.Server) error {
	if err := c.askWired(ctx, s.ID); err != nil || !c.Config.VIFPluggingFatal {
		return err
	}
	s, err := c.wanted(ctx, s.ID)
	if err == nil && unwired(s) {
		err = nova.NotWired()
	}
	return err
}

// unwired tells whether a server has ports that are not reported as wired.
func unwired(s nova.Server) bool {
	return slices.ContainsFunc(s.Network, func(v nova.VIF) bool { return !v.Active })
}

// askWired asks neutron which of a server's ports are wired and records it; nobody is asked when all are.
func (c *Conductor) askWired(ctx context.Context, id string) error {
	s, err := c.wanted(ctx, id)
	if err != nil || !unwired(s) {
		return err
	}
	wired, err := c.Network.Wired(ctx, id)
	if err != nil || !slices.ContainsFunc(s.Network, func(v nova.VIF) bool { return !v.Active && wired[v.PortID] }) {
		return err
	}
	_, err = c.alter(ctx, id, func(_ *novadb.Tx, s *nova.Server) error {
		for i := range s.Network {
			s.Network[i].Active = s.Network[i].Active || wired[s.Network[i].PortID]
		}
		return nil
	})
	return err
}
