package broker

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"cumulet/oslo/messaging"
)

// Job is one message as a server has it.
type Job struct {
	Message []byte                             // the encoded envelope
	Beat    func()                             // tells that the server still has it; nil when nobody asks
	Done    func(m, answer messaging.Envelope) // it was worked on
	Back    func()                             // it was not, or not to its end: another server shall have it
}

// Desk turns a listener's messages into work, at most as much at once as it has workers, and lets it be known meanwhile that
// they are not forgotten.
type Desk struct {
	take     func(context.Context, messaging.Envelope) messaging.Envelope
	log      *slog.Logger
	free     chan struct{}
	handlers sync.WaitGroup
	stop     context.CancelFunc
	beating  sync.WaitGroup

	mu   sync.Mutex
	held map[*Job]struct{}
}

// NewDesk opens a desk, which beats until it is closed.
func NewDesk(workers int, beat time.Duration, log *slog.Logger, take func(context.Context, messaging.Envelope) messaging.Envelope) *Desk {
	ctx, stop := context.WithCancel(context.Background())
	d := &Desk{take: take, log: log, free: make(chan struct{}, workers), stop: stop, held: map[*Job]struct{}{}}
	d.beating.Go(func() { d.beats(ctx, beat) })
	return d
}

// Close waits for the last handler.
func (d *Desk) Close() {
	d.handlers.Wait()
	d.stop()
	d.beating.Wait()
}

// Idle is how many workers have nothing to do.
func (d *Desk) Idle() int { return cap(d.free) - len(d.free) }

// Workers is how many handlers may run at once.
func (d *Desk) Workers() int { return cap(d.free) }

// Hold makes the job beat until it is done or back.
func (d *Desk) Hold(j *Job) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.held[j] = struct{}{}
}

// Work waits for a worker and gives it the job; when ctx ends first the job goes back. Jobs given one after the other are
// begun in that order.
func (d *Desk) Work(ctx context.Context, j *Job) {
	if ctx.Err() != nil {
		d.Return(j)
		return
	}
	select {
	case d.free <- struct{}{}:
	case <-ctx.Done():
		d.Return(j)
		return
	}
	d.handlers.Go(func() {
		defer func() { <-d.free }()
		d.handle(ctx, j)
	})
}

func (d *Desk) handle(ctx context.Context, j *Job) {
	var m, answer messaging.Envelope
	if err := json.Unmarshal(j.Message, &m); err != nil {
		answer.Error = fmt.Sprintf("decode envelope: %v", err)
		d.log.ErrorContext(ctx, "a message is no envelope", "error", err)
	} else if answer = d.take(ctx, m); answer.Unfinished {
		d.Return(j)
		return
	}
	d.forget(j)
	j.Done(m, answer)
}

// Return gives back a job that is held.
func (d *Desk) Return(j *Job) {
	d.forget(j)
	j.Back()
}

func (d *Desk) forget(j *Job) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.held, j)
}

func (d *Desk) beats(ctx context.Context, every time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
		d.mu.Lock()
		jobs := make([]*Job, 0, len(d.held))
		for j := range d.held {
			jobs = append(jobs, j)
		}
		d.mu.Unlock()
		for _, j := range jobs {
			if j.Beat != nil {
				j.Beat()
			}
		}
	}
}
