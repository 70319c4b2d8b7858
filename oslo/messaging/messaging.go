package messaging

import (
	"context"
	"log/slog"
	"time"

	"cumulet/oslo/fault"
	"cumulet/oslo/telemetry"
)

// Message is what travels: a JSON-able struct that names the method taking it, as "build_server". Method is called on
// the zero value too.
type Message interface{ Method() string }

// Versioned is a Message whose meaning changed since version 1: a server that knows only older ones refuses it.
type Versioned interface{ Version() int }

// Upgrader is a Versioned message, by pointer, that can read what an older sender meant: Upgrade is called after decoding
// a message of an older version.
type Upgrader interface{ Upgrade(from int) }

// Target says who shall get a message: any one server of a topic, or the one on a host.
type Target struct{ Topic, Host string }

// Topic targets any one server of the topic ("conductor").
func Topic(name string) Target { return Target{Topic: name} }

// On targets the topic's server on one host.
func (t Target) On(host string) Target { t.Host = host; return t }

// String is the target as queues are named: "compute.host-1", or "conductor".
func (t Target) String() string {
	if t.Host == "" {
		return t.Topic
	}
	return t.Topic + "." + t.Host
}

// Bus sends messages over a transport.
type Bus struct {
	Transport Transport
	// Timeout bounds a Call, and the wait for room of a Cast, whose context has no deadline; 60 s when zero.
	Timeout time.Duration
}

// Transport moves encoded messages; each passes messagingtest.
type Transport interface {
	// Send delivers to one server of the target; with reply it waits for the answer.
	Send(ctx context.Context, to Target, m Envelope, reply bool) (Envelope, error)
	// Fanout delivers to every server listening on topic now.
	Fanout(ctx context.Context, topic string, m Envelope) error
	// Listen serves a topic (and topic.host) until ctx ends, running at most workers handlers at once; it returns
	// after the last handler has.
	Listen(ctx context.Context, topic, host string, workers int, ready func(), take func(context.Context, Envelope) Envelope) error
	Close() error
}

// Envelope is a message as it crosses a wire.
type Envelope struct {
	Method    string           `json:"method"`
	Version   int              `json:"version"`
	RequestID string           `json:"request_id,omitempty"`
	Trace     string           `json:"trace,omitempty"`    // W3C traceparent
	Actor     *telemetry.Actor `json:"actor,omitempty"`    // who asked for what is to be done; nil where nobody did
	Sent      int64            `json:"sent,omitempty"`     // Unix microseconds, by the sender's clock
	Deadline  int64            `json:"deadline,omitempty"` // Unix milliseconds; a server drops what is too late
	Body      []byte           `json:"body,omitempty"`
	Fault     []byte           `json:"fault,omitempty"` // JSON fault.Fault
	Error     string           `json:"error,omitempty"` // an error that is no fault
	// Exchange is the telling service's, of a notification.
	Exchange string `json:"exchange,omitempty"`
	// Unfinished tells the transport, on this side of the wire, that the server stopped before the work was done: a
	// transport that keeps messages hands it to another.
	Unfinished bool `json:"-"`
}

// Call sends in and waits for the answer. No server there is a fault.Unavailable "NoServer", a late answer a
// fault.Timeout "MessagingTimeout".
func Call[Out any](ctx context.Context, b *Bus, to Target, in Message) (Out, error) {
	var out Out
	err := b.call(ctx, to, in, &out)
	return out, err
}

// Unanswered tells whether a call failed since nobody was reached, or whoever took it fell silent. Whether it was done is not known.
func Unanswered(err error) bool {
	f := fault.Of(err)
	return f != nil && (f.Name == "NoServer" || f.Name == "ServerLost" || f.Name == "BrokerAway")
}

// Cast hands in to one server and does not wait for it to be worked on. Having no server is no error: the message waits
// for one, as long as the transport keeps messages. No room for it is a fault.Unavailable "QueueFull".
func Cast(ctx context.Context, b *Bus, to Target, in Message) error { return b.cast(ctx, to, in) }

// Fanout hands in to every server of the topic that listens now.
func Fanout(ctx context.Context, b *Bus, topic string, in Message) error {
	return b.fanout(ctx, topic, in)
}

// Server takes the messages of one topic (and host).
type Server struct {
	Bus         *Bus
	Topic, Host string
	Workers     int // handlers at once; 16 when zero
	// Drain is how long handlers may still run once Run's context has ended, before theirs ends too; 10 s when zero.
	Drain    time.Duration
	Log      *slog.Logger
	handlers map[string]handler
}

// Answer registers fn for the method of In: its result answers a Call. Registering comes before Run.
func Answer[In Message, Out any](s *Server, fn func(context.Context, In) (Out, error)) {
	var zero In
	s.register(zero, answering(fn))
}

// Take registers fn for the method of In, a message without a result.
func Take[In Message](s *Server, fn func(context.Context, In) error) {
	Answer(s, func(ctx context.Context, in In) (struct{}, error) { return struct{}{}, fn(ctx, in) })
}

// Run serves until ctx ends and the last handler has returned; ready is called once messages are taken.
func (s *Server) Run(ctx context.Context, ready func()) error { return s.run(ctx, ready) }
