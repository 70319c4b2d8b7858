package db

import (
	"context"
	"encoding/json"
	"sync"
	"time"
)

const (
	// remembered bounds a Memory, in conclusions; rendered, in bytes of what is JSON.
	remembered, rendered = 4096, 32 << 20
	// freshness is for what changes without an event of ours: a directory elsewhere, a hand in the database.
	freshness = 10 * time.Second
)

// moment is the number of the last event as one request knows it, until this process records another.
type moment struct {
	mu         sync.Mutex
	known      bool
	event      int64
	generation uint64
}

type momentKey struct{}

// AtOneMoment is for a request: whatever it asks of memories is asked at one moment, when it first asked, and not later than its
// own changes. So the last event's number is read once for all.
func AtOneMoment(ctx context.Context) context.Context {
	return context.WithValue(ctx, momentKey{}, &moment{})
}

// moment is the number of the last event.
func (d *DB) moment(ctx context.Context) (int64, error) {
	m, ok := ctx.Value(momentKey{}).(*moment)
	if !ok {
		return d.LastEvent(ctx)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	generation := d.Generation() // before the number is read: a change in between is seen by who asks next
	if m.known && m.generation == generation {
		return m.event, nil
	}
	event, err := d.LastEvent(ctx)
	m.known, m.event, m.generation = err == nil, event, generation
	return event, err
}

// Memory remembers what was concluded from the rows, until the next event is recorded by whichever process: the last
// event's number is read each time, one row instead of a dozen queries, and another number forgets everything. Two
// keystones on one database so revoke for one another at once. What it gives is shared: nobody may change it.
type Memory[K comparable, V any] struct {
	mu    sync.Mutex
	event int64 // all that is known was concluded after this event and before the next
	known map[K]conclusion[V]
	bytes int // of JSON that is known
}

type conclusion[V any] struct {
	value V
	until time.Time
}

// Get is what conclude concluded of key, now or since the last event. Failures are not remembered.
func (m *Memory[K, V]) Get(ctx context.Context, d *DB, now time.Time, key K, conclude func() (V, error)) (V, error) {
	event, err := d.moment(ctx) // before the rows are read: a change in between makes them old, never new
	if err != nil {
		var none V
		return none, err
	}
	if value, ok := m.recall(event, now, key); ok {
		return value, nil
	}
	value, err := conclude()
	if err == nil {
		m.remember(event, key, conclusion[V]{value, now.Add(freshness)})
	}
	return value, err
}

func (m *Memory[K, V]) recall(event int64, now time.Time, key K) (V, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	found, ok := m.known[key]
	return found.value, ok && m.event == event && now.Before(found.until)
}

// remember keeps a conclusion; when there are too many, any others go. One from before the event that is known does not count, nor
// does JSON that would push out most others.
func (m *Memory[K, V]) remember(event int64, key K, c conclusion[V]) {
	size := weight(c.value)
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case event < m.event || size > rendered/4:
		return
	case event > m.event || m.known == nil:
		m.event, m.known, m.bytes = event, map[K]conclusion[V]{}, 0
	}
	m.forget(key)
	for other := range m.known {
		if len(m.known) < remembered && m.bytes+size <= rendered {
			break
		}
		m.forget(other)
	}
	m.known[key] = c
	m.bytes += size
}

func (m *Memory[K, V]) forget(key K) {
	m.bytes -= weight(m.known[key].value)
	delete(m.known, key)
}

// weight is the bytes of what is JSON. Other conclusions are small, and counted only.
func weight(value any) int {
	text, _ := value.(json.RawMessage)
	return len(text)
}
