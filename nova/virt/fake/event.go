package fake

import (
	"context"

	"cumulet/nova/virt"
)

// watcher is one caller of Events and what it has not read yet.
type watcher struct {
	queue []virt.Event
	more  chan struct{} // holds one token when queue has something
}

// Events tells the changes from now on until ctx ends.
func (d *Driver) Events(ctx context.Context) (<-chan virt.Event, error) {
	if err := d.before(ctx, "Events", ""); err != nil {
		return nil, err
	}
	w := &watcher{more: make(chan struct{}, 1)}
	d.mu.Lock()
	d.watchers[w] = true
	d.mu.Unlock()
	out := make(chan virt.Event)
	go func() {
		defer close(out)
		defer d.forget(w)
		for {
			select {
			case <-ctx.Done():
				return
			case <-w.more:
			}
			for _, event := range d.take(w) {
				select {
				case out <- event:
				case <-ctx.Done():
					return
				}
			}
		}
	}()
	return out, nil
}

// tell queues a change for every watcher; the caller holds the lock.
func (d *Driver) tell(id string, change virt.Change) {
	event := virt.Event{ID: id, Change: change, At: d.Now()}
	for w := range d.watchers {
		w.queue = append(w.queue, event)
		select {
		case w.more <- struct{}{}:
		default:
		}
	}
}

func (d *Driver) take(w *watcher) []virt.Event {
	d.mu.Lock()
	defer d.mu.Unlock()
	queue := w.queue
	w.queue = nil
	return queue
}

func (d *Driver) forget(w *watcher) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.watchers, w)
}
