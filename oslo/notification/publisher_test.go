package notification_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"cumulet/oslo/db"
	"cumulet/oslo/db/dbtest"
	"cumulet/oslo/fault"
	"cumulet/oslo/messaging"
	"cumulet/oslo/messaging/rabbitmq/rabbitmqtest"
	"cumulet/oslo/messaging/transport"
	"cumulet/oslo/notification"
	"cumulet/oslo/telemetry"
)

// patience bounds what should happen soon, generously.
const patience = time.Minute

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

// message is a notification as a collector reads it.
type message struct {
	ID        string          `json:"message_id"`
	UniqueID  string          `json:"_unique_id"`
	Publisher string          `json:"publisher_id"`
	Type      string          `json:"event_type"`
	Priority  string          `json:"priority"`
	Timestamp string          `json:"timestamp"`
	Payload   json.RawMessage `json:"payload"`
	User      *string         `json:"_context_user_id"`
	Request   *string         `json:"_context_request_id"`
}

// collect gives the notifications of a topic as they come.
func collect(t *testing.T, b *messaging.Bus, topic string) <-chan message {
	t.Helper()
	got := make(chan message, 10_000)
	s := &messaging.Server{Bus: b, Topic: topic, Workers: 1, Log: quiet()}
	messaging.Take(s, func(_ context.Context, n messaging.Notice) error {
		var m message
		err := json.Unmarshal(n.RawMessage, &m)
		got <- m
		return err
	})
	ctx, cancel := context.WithCancel(t.Context())
	ready := make(chan struct{})
	var running sync.WaitGroup
	running.Go(func() {
		if err := s.Run(ctx, func() { close(ready) }); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() { cancel(); running.Wait() })
	<-ready
	return got
}

func next(t *testing.T, got <-chan message) message {
	t.Helper()
	select {
	case m := <-got:
		return m
	case <-time.After(patience):
		t.Fatal("no notification comes")
		return message{}
	}
}

// echo tells every event by its own name, and those that end in "error" as errors; some it cannot.
func echo(e notification.Event) ([]notification.Notification, error) {
	n := notification.Notification{
		Publisher: "thing", Type: e.Name, Priority: notification.Info, Payload: json.RawMessage(e.Payload), Context: true,
	}
	switch {
	case strings.HasSuffix(e.Name, "error"):
		n.Priority = notification.Error
	case strings.HasSuffix(e.Name, "broken"):
		return nil, fmt.Errorf("no words")
	case strings.HasSuffix(e.Name, "private"):
		return nil, nil
	}
	return []notification.Notification{n}, nil
}

func publisher(d *db.DB, b *messaging.Bus, owner string) *notification.Publisher {
	return &notification.Publisher{
		Service: "things", DB: d, Bus: b, Topics: map[notification.Topic][]string{notification.Unversioned: {"notifications"}},
		Translate: echo, Host: "host-1", Owner: owner, Log: quiet(), Poll: 20 * time.Millisecond,
	}
}

// publish runs a publisher until the returned function, or the test's end, stops it, once it has its place in the log.
func publish(t *testing.T, p *notification.Publisher) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		if err := p.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	stop = func() { cancel(); running.Wait() }
	t.Cleanup(stop)
	late := time.After(patience)
	for n := 0; n == 0; {
		if err := p.DB.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM relays").Scan(&n); err != nil {
			t.Fatal(err)
		}
		select {
		case <-time.After(5 * time.Millisecond):
		case <-late:
			t.Fatal("the publisher does not begin")
		}
	}
	return stop
}

func record(t *testing.T, d *db.DB, names ...string) {
	t.Helper()
	ctx := telemetry.WithActor(telemetry.WithRequestID(t.Context(), "req-1"), telemetry.Actor{UserID: "user-1"})
	for i, name := range names {
		err := d.Tx(ctx, func(tx *db.Tx) error { return tx.Record(ctx, name, i) })
		if err != nil {
			t.Fatal(err)
		}
	}
}

func memoryBus() *messaging.Bus {
	return &messaging.Bus{Transport: messaging.NewMemory(), Timeout: patience}
}

func TestNotificationIsAsUpstreamLaysItOut(t *testing.T) {
	d, b := dbtest.Open(t, "test", nil), memoryBus()
	infos, failures := collect(t, b, "notifications.info"), collect(t, b, "notifications.error")
	publish(t, publisher(d, b, "a"))
	record(t, d, "thing.private", "thing.broken", "thing.create.end", "thing.create.error")
	m := next(t, infos)
	if _, err := time.Parse("2006-01-02 15:04:05.000000", m.Timestamp); err != nil {
		t.Error(err)
	}
	if m.Publisher != "thing.host-1" || m.Type != "thing.create.end" || m.Priority != "INFO" || string(m.Payload) != "2" ||
		strings.ReplaceAll(m.ID, "-", "") != m.UniqueID || len(m.ID) != 36 ||
		m.User == nil || *m.User != "user-1" || m.Request == nil || *m.Request != "req-1" {
		t.Errorf("it is %+v", m)
	}
	if m := next(t, failures); m.Type != "thing.create.error" || m.Priority != "ERROR" {
		t.Errorf("the error is %+v", m)
	}
}

func TestRepeatHasTheSameID(t *testing.T) {
	d, b := dbtest.Open(t, "test", nil), memoryBus()
	got := collect(t, b, "notifications.info")
	stop := publish(t, publisher(d, b, "a"))
	record(t, d, "thing.create", "thing.update")
	first, second := next(t, got), next(t, got)
	stop()
	// As after a crash between telling and noting it.
	err := d.Tx(t.Context(), func(tx *db.Tx) error {
		_, err := tx.ExecContext(t.Context(), "UPDATE relays SET seq = 0")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	publish(t, publisher(d, b, "b"))
	if again := next(t, got); again.ID != first.ID || again.Type != first.Type || first.ID == second.ID {
		t.Errorf("it came as %+v, then as %+v; the next is %+v", first, again, second)
	}
}

// flaky is a transport that is away when it is told to be.
type flaky struct {
	messaging.Transport
	mu   sync.Mutex
	away bool
}

func (f *flaky) be(away bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.away = away
}

func (f *flaky) Send(ctx context.Context, to messaging.Target, m messaging.Envelope, reply bool) (messaging.Envelope, error) {
	f.mu.Lock()
	away := f.away
	f.mu.Unlock()
	if away {
		return messaging.Envelope{}, fault.New(fault.Unavailable, "BrokerAway", "The message broker cannot be reached.")
	}
	return f.Transport.Send(ctx, to, m, reply)
}

func TestBrokerThatWasAwayIsToldEverythingInOrder(t *testing.T) {
	d := dbtest.Open(t, "test", nil)
	line := &flaky{Transport: messaging.NewMemory()}
	b := &messaging.Bus{Transport: line, Timeout: patience}
	got := collect(t, b, "notifications.info")
	publish(t, publisher(d, b, "a"))
	line.be(true)
	var names []string
	for i := range 250 {
		names = append(names, fmt.Sprint("thing.", i))
	}
	record(t, d, names...)
	if lost, err := d.Forget(t.Context(), time.Now().Add(time.Hour), time.Now().Add(-time.Hour)); err != nil || lost != 0 {
		t.Fatalf("%d were lost, %v", lost, err)
	}
	line.be(false)
	for _, name := range names {
		if m := next(t, got); m.Type != name {
			t.Fatalf("%s came where %s was next", m.Type, name)
		}
	}
}

func TestTwoPublishersTellEachEventOnce(t *testing.T) {
	d, b := dbtest.Open(t, "test", nil), memoryBus()
	got := collect(t, b, "notifications.info")
	for _, owner := range []string{"a", "b"} {
		publish(t, publisher(d, b, owner))
	}
	var names []string
	for i := range 100 {
		names = append(names, fmt.Sprint("thing.", i))
	}
	record(t, d, names...)
	var seen []string
	for range names {
		seen = append(seen, next(t, got).Type)
	}
	if !slices.Equal(seen, names) || len(got) > 0 {
		t.Errorf("there came %v and %d more", seen, len(got))
	}
}

// TestRealBrokers stops a broker for a while, in the middle of everything.
func TestRealBrokers(t *testing.T) {
	t.Run("RabbitMQ", func(t *testing.T) {
		server := rabbitmqtest.Start(t)
		surviveRestart(t, server.Address("silence=1s"), func(while func()) {
			server.Kill(t)
			while()
			server.Restart(t)
		})
	})
	t.Run("NATS", func(t *testing.T) {
		surviveRestart(t, "nats://embedded?dir="+t.TempDir(), func(while func()) { while() })
	})
}

func surviveRestart(t *testing.T, address string, restart func(while func())) {
	line, err := transport.Open(t.Context(), address, quiet())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := line.Close(); err != nil {
			t.Error(err)
		}
	})
	d, b := dbtest.Open(t, "test", nil), &messaging.Bus{Transport: line, Timeout: patience}
	got := collect(t, b, "notifications.info")
	publish(t, publisher(d, b, "a"))
	record(t, d, "thing.before")
	first := next(t, got)
	if first.Type != "thing.before" {
		t.Fatalf("first came %+v", first)
	}
	var names []string
	for i := range 150 {
		names = append(names, fmt.Sprint("thing.", i))
	}
	restart(func() { record(t, d, names[:100]...) })
	record(t, d, names[100:]...)
	seen := map[string]bool{first.ID: true}
	for _, name := range names {
		m := next(t, got)
		for seen[m.ID] { // a repeat
			m = next(t, got)
		}
		if seen[m.ID] = true; m.Type != name {
			t.Fatalf("%s came where %s was next", m.Type, name)
		}
	}
}
