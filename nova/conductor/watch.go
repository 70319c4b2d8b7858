package conductor

import (
	"context"
	"sync"

	"cumulet/nova"
)

// watches wake flows that wait for something to happen to a server.
type watches struct {
	mu       sync.Mutex
	byServer map[string]map[chan struct{}]struct{}
}

// of gives a channel that is told of each change of a server, until stop.
func (w *watches) of(server string) (changes <-chan struct{}, stop func()) {
	c := make(chan struct{}, 1)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.byServer == nil {
		w.byServer = map[string]map[chan struct{}]struct{}{}
	}
	if w.byServer[server] == nil {
		w.byServer[server] = map[chan struct{}]struct{}{}
	}
	w.byServer[server][c] = struct{}{}
	return c, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		if delete(w.byServer[server], c); len(w.byServer[server]) == 0 {
			delete(w.byServer, server)
		}
	}
}

func (w *watches) wake(server string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.byServer[server] {
		select {
		case c <- struct{}{}:
		default: // it has not yet looked at the change before
		}
	}
}

// wanted reads a server that a flow works on; one that is to be deleted has the flow abandoned.
func (c *Conductor) wanted(ctx context.Context, id string) (nova.Server, error) {
	s, err := c.DB.Server(ctx, id)
	if err == nil && (s.Deleted || s.TaskState == nova.Deleting) {
		err = nova.Abandoned(id)
	}
	return s, err
}

// whileWanted runs do on a server, and breaks it off when the server is to be deleted meanwhile.
func (c *Conductor) whileWanted(ctx context.Context, id string, do func(context.Context, nova.Server) error) error {
	changes, stop := c.watch.of(id)
	defer stop()
	s, err := c.wanted(ctx, id)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	var watcher sync.WaitGroup
	watcher.Go(func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-changes:
			}
			if _, err := c.wanted(ctx, id); err != nil && ctx.Err() == nil {
				cancel(err)
				return
			}
		}
	})
	err = do(ctx, s)
	if cause := context.Cause(ctx); err != nil && ctx.Err() != nil && cause != nil && cause != ctx.Err() {
		err = cause // why it was broken off, not that it was
	}
	cancel(nil)
	watcher.Wait()
	return err
}
