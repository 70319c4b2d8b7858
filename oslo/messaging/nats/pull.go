package nats

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"cumulet/oslo/messaging"
	"cumulet/oslo/messaging/broker"
)

// A request for casts waits pullTime at the broker, which says every pullBeat that it has not forgotten it.
const (
	pullTime  = 30 * time.Second
	pullBeat  = 5 * time.Second
	pullBatch = 64
)

// pull takes the casts of a target until ctx ends, whatever becomes of the broker.
func (l *listener) pull(ctx context.Context, to messaging.Target) {
	for try := 0; ctx.Err() == nil; try++ {
		if l.connected(ctx) != nil {
			return
		}
		consumer, err := l.consumer(ctx, to)
		for err == nil {
			if err = l.fetch(ctx, consumer); err == nil {
				try = 0
			}
		}
		if ctx.Err() == nil {
			l.log.DebugContext(ctx, "casts are asked for anew", "target", to.String(), "error", err)
			broker.Pause(ctx, try)
		}
	}
}

// fetch takes as many casts as there are idle workers and puts them before these.
func (l *listener) fetch(ctx context.Context, from jetstream.Consumer) error {
	batch := min(max(l.desk.Idle(), 1), pullBatch)
	asking, cancel := context.WithTimeout(ctx, pullTime)
	defer cancel()
	change := l.change()
	messages, err := from.Fetch(batch, jetstream.FetchContext(asking), jetstream.FetchHeartbeat(pullBeat))
	if err != nil {
		return err
	}
	jobs := make(chan *broker.Job, batch) // with room for all, so that each beats from its arrival
	var fetched error
	go func() {
		defer close(jobs)
		for {
			select {
			case m, ok := <-messages.Messages():
				if !ok {
					fetched = messages.Error()
					return
				}
				if j := l.castJob(m); j != nil {
					l.desk.Hold(j)
					jobs <- j
				}
			case <-change: // the broker has forgotten the request
				cancel()
				change = nil
			}
		}
	}()
	for j := range jobs {
		l.desk.Work(ctx, j)
	}
	if errors.Is(fetched, context.DeadlineExceeded) || errors.Is(fetched, nats.ErrTimeout) {
		return ctx.Err()
	}
	return fetched
}

// castJob is a cast as work; nil when it was handed out too often already.
func (l *listener) castJob(m jetstream.Msg) *broker.Job {
	if meta, err := m.Metadata(); err == nil && meta.NumDelivered > broker.Deliveries {
		l.log.Error("a message is given up: no server lives to finish it", "subject", m.Subject(), "deliveries", meta.NumDelivered)
		l.tell(m.Term())
		return nil
	}
	return &broker.Job{
		Message: m.Data(),
		Beat:    func() { l.tell(m.InProgress()) },
		Back:    func() { l.tell(m.Nak()) },
		Done:    func(_, _ messaging.Envelope) { l.tell(m.Ack()) },
	}
}

// tell notes what the broker could not be told: it hands the cast out again.
func (l *listener) tell(err error) {
	if err != nil {
		l.log.Debug("the broker hands a message out again", "error", err)
	}
}
