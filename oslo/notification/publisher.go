package notification

import (
	"context"
	"log/slog"
	"time"

	"cumulet/oslo/db"
	"cumulet/oslo/messaging"
	"cumulet/oslo/outbox"
	"cumulet/oslo/telemetry"
)

// RelayName is the publishers' in their services' databases.
const RelayName = "notifications"

// Translate says what is told of an event, in order: nothing of what upstream does not know.
type Translate func(e Event) ([]Notification, error)

// Publisher tells a service's event log on the bus.
type Publisher struct {
	Service string // the exchange: "neutron"
	DB      *db.DB
	Bus     *messaging.Bus
	// Topics are what the bus calls the kinds of notifications; each is told on all of its names.
	Topics    map[Topic][]string
	Translate Translate
	// Host is this one's name in publisher ids, Owner this process among those that publish for the service.
	Host, Owner string
	Log         *slog.Logger
	// Poll is how often events of other processes are looked for; see outbox.Relay.
	Poll, Lease time.Duration
}

// Run publishes until ctx ends.
func (p *Publisher) Run(ctx context.Context) error {
	r := &outbox.Relay{
		Name: RelayName, DB: p.DB, Owner: p.Owner, Deliver: p.publish, Log: p.log(), Poll: p.Poll, Lease: p.Lease,
	}
	return r.Run(ctx)
}

// publish tells events and says of how many the broker has all that was to tell.
func (p *Publisher) publish(ctx context.Context, events []db.Event) (arrived int, err error) {
	for i, e := range events {
		if err := p.tell(telemetry.WithRequestID(ctx, e.RequestID), e); err != nil {
			return i, err
		}
	}
	return len(events), nil
}

// tell tells one event. One that cannot be told in words never will be: it is logged and passed over, as upstream does.
func (p *Publisher) tell(ctx context.Context, e db.Event) error {
	all, err := p.Translate(e)
	if err != nil {
		p.log().ErrorContext(ctx, "an event cannot be told", "service", p.Service, "event", e.Name, "seq", e.Seq, "error", err)
		return nil
	}
	for part, n := range all {
		notice, err := n.Notice(p.Service, p.Host, e, part)
		if err != nil {
			p.log().ErrorContext(ctx, "an event cannot be told", "service", p.Service, "event", e.Name, "seq", e.Seq, "error", err)
			continue
		}
		for _, name := range p.Topics[n.Topic] {
			if err := p.send(ctx, topic(name, n.Priority), notice); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *Publisher) log() *slog.Logger {
	if p.Log == nil {
		return slog.Default()
	}
	return p.Log
}
