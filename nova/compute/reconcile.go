package compute

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"cumulet/nova"
	"cumulet/nova/virt"
	"cumulet/oslo/fault"
	"cumulet/oslo/messaging"
)

// Reconcile brings what runs here and what is recorded together: guests of no recorded server are removed; a guest that
// changed by itself is reported; after a start, guests that should run are started; and claims that nobody needs go back.
func (c *Compute) Reconcile(ctx context.Context) error {
	// The guests are read first: whatever was made for a server after that has the server recorded here.
	here, err := c.Driver.Guests(ctx)
	if err != nil {
		return fmt.Errorf("list guests: %w", err)
	}
	recorded, err := messaging.Call[nova.HostServers](ctx, c.Bus, conductor(), nova.ListHostServers{Host: c.Host})
	if err != nil {
		return fmt.Errorf("list servers: %w", err)
	}
	servers := make(map[string]nova.Server, len(recorded.Servers))
	for _, s := range recorded.Servers {
		servers[s.ID] = s
	}
	var errs []error
	for id := range here {
		if _, ok := servers[id]; !ok {
			c.Log.WarnContext(ctx, "guest of no server is removed", "server", id)
			errs = append(errs, c.destroy(ctx, id))
		}
	}
	for id, s := range servers {
		if state, ok := here[id]; ok && s.TaskState == nova.NoTask && nova.PowerState(state) != s.PowerState {
			errs = append(errs, c.settle(ctx, s, state))
		}
	}
	errs = append(errs, c.releaseEnded(ctx, servers))
	err = errors.Join(errs...)
	if err == nil {
		c.booted.Store(true)
	}
	return err
}

// releaseEnded gives the claims of this host back whose servers have no use for them, as nova/compute/resource_tracker.py,
// _remove_deleted_instances_allocations.
func (c *Compute) releaseEnded(ctx context.Context, here map[string]nova.Server) error {
	node := c.node.Load()
	if node == nil { // not reported yet
		return nil
	}
	consumers, err := c.Inventory.Consumers(ctx, *node)
	if err != nil {
		return fmt.Errorf("list claims: %w", err)
	}
	var strangers []string
	for _, id := range consumers {
		if _, ok := here[id]; !ok {
			strangers = append(strangers, id)
		}
	}
	if len(strangers) == 0 {
		return nil
	}
	ended, err := messaging.Call[nova.EndedClaims](ctx, c.Bus, conductor(), nova.ListEndedClaims{ServerIDs: strangers})
	if err != nil {
		return fmt.Errorf("ask whose claims have ended: %w", err)
	}
	for _, id := range ended.ServerIDs {
		c.Log.WarnContext(ctx, "claim of a server that has ended is given back", "server", id)
		if err := c.Inventory.Release(ctx, id); err != nil {
			return fmt.Errorf("release the claim of server %q: %w", id, err)
		}
	}
	return nil
}

// settle brings one guest and its record together.
func (c *Compute) settle(ctx context.Context, s nova.Server, state virt.State) error {
	resume := !c.booted.Load() && c.Config.ResumeGuests && s.VMState == nova.Active && s.PowerState == nova.PowerRunning &&
		(state == virt.Shutdown || state == virt.Crashed)
	if resume {
		c.Log.InfoContext(ctx, "guest is started again, as it is recorded", "server", s.ID)
		return c.guests.alone(ctx, s.ID, func(ctx context.Context) error { return c.Driver.PowerOn(ctx, s.ID) })
	}
	return c.tellOf(ctx, s.ID)
}

// pending are the guests whose change is still to be told.
type pending struct {
	mu   sync.Mutex
	ids  map[string]bool
	bell chan struct{}
}

func (p *pending) add(id string) {
	p.mu.Lock()
	p.ids[id] = true
	p.mu.Unlock()
	select {
	case p.bell <- struct{}{}:
	default:
	}
}

func (p *pending) take() map[string]bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	taken := p.ids
	p.ids = map[string]bool{}
	return taken
}

// tell tells of changed guests until ctx ends.
func (c *Compute) tell(ctx context.Context, changed *pending) error {
	var telling sync.WaitGroup
	defer telling.Wait()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-changed.bell:
		}
		for id := range changed.take() {
			telling.Go(func() {
				if err := c.tellOf(ctx, id); err != nil && ctx.Err() == nil {
					c.Log.WarnContext(ctx, "cannot tell of a guest's change", "server", id, "error", err)
					time.AfterFunc(tellAgain, func() { changed.add(id) })
				}
			})
		}
	}
}

// tellAgain is when the conductor is told of a guest that it could not be told of.
const tellAgain = 5 * time.Second

// tellOf tells the conductor how a guest stands, once nothing is under way with it: what a request itself changes is told by
// its answer. Nothing new begins with the guest until that is recorded, or the record might end with what was seen before.
func (c *Compute) tellOf(ctx context.Context, id string) error {
	err := c.guests.alone(ctx, id, func(ctx context.Context) error {
		state, err := c.Driver.Guest(ctx, id)
		if err != nil {
			return err
		}
		_, err = messaging.Call[struct{}](ctx, c.Bus, conductor(), nova.GuestPower{ServerID: id, Host: c.Host, PowerState: nova.PowerState(state)})
		return err
	})
	if fault.Is(err, fault.NotFound) || fault.Is(err, fault.Conflict) { // gone, or going
		return nil
	}
	return err
}
