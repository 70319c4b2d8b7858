package messagingtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"cumulet/oslo/fault"
	"cumulet/oslo/messaging"
	"cumulet/oslo/telemetry"
)

// patience bounds what should happen soon, generously.
const patience = 30 * time.Second

// ask is the suite's message.
type ask struct {
	Text string
	Few  map[string]int
}

func (ask) Method() string { return "ask" }

// later is ask from a release ahead: it knows one field more.
type later struct {
	ask
	More string
}

// newer changed its meaning.
type newer struct{ ask }

func (newer) Version() int { return 2 }

type unheard struct{}

func (unheard) Method() string { return "unheard" }

// Broker is where the transports under test meet.
type Broker struct {
	// Open gives a transport as one process has it, closed by the suite; all that are opened here meet, and no others.
	Open func(t *testing.T) messaging.Transport
	// Keeps tells that casts outlive the process that has them.
	Keeps bool
	// Restart stops the broker, calls while, and starts it again; only RunRestart needs it.
	Restart func(t *testing.T, while func())
}

// bus opens a transport that is closed when the test ends.
func (b Broker) bus(t *testing.T) *messaging.Bus {
	t.Helper()
	transport := b.Open(t)
	t.Cleanup(func() {
		if err := transport.Close(); err != nil {
			t.Error(err)
		}
	})
	return &messaging.Bus{Transport: transport}
}

// Run holds a transport to the contract; newBroker gives a place where no other test sends.
func Run(t *testing.T, newBroker func(t *testing.T) Broker) {
	for name, test := range alone() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, newBroker(t).bus(t))
		})
	}
	for name, test := range together() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, newBroker(t))
		})
	}
}

// alone are the promises that one transport shows.
func alone() map[string]func(*testing.T, *messaging.Bus) {
	return map[string]func(*testing.T, *messaging.Bus){
		"CallIsAnswered":                          callIsAnswered,
		"MegabyteCrosses":                         megabyteCrosses,
		"FaultsAndErrorsCross":                    faultsCross,
		"CallWithoutServerIsRefused":              callWithoutServer,
		"LateAnswerIsATimeout":                    lateAnswer,
		"LateMessageIsDropped":                    lateMessage,
		"CancelledCallEnds":                       cancelledCall,
		"CastWaitsForAServer":                     castWaits,
		"HostGetsItsOwn":                          hostGetsItsOwn,
		"ServersOfATopicShare":                    serversShare,
		"FanoutReachesAllWhoListen":               fanoutReachesAll,
		"OneWorkerKeepsTheOrder":                  keepsOrder,
		"WorkersAreBounded":                       workersAreBounded,
		"MoreCallsThanWorkersAreAnswered":         manyCalls,
		"NothingIsSharedByPointer":                nothingIsShared,
		"NeighbouringReleasesUnderstandTheRest":   versions,
		"OlderMessageIsUpgraded":                  olderVersion,
		"PanicIsAnError":                          panicIsAnError,
		"RunDrains":                               runDrains,
		"FullQueueHoldsTheSenderBack":             fullQueue,
		"VanishedHostsMessagesDoNotPileUp":        vanishedHost,
		"NotificationsWithoutCollectorAreBounded": notificationsAreBounded,
		"NotificationsOfAServiceKeepTheirOrder":   notificationsKeepOrder,
		"NotificationNeedsAPriority":              notifyRefusesATopicWithoutPriority,
		"ClosedTransportRefuses":                  closedRefuses,
	}
}

// together are the promises that several processes see.
func together() map[string]func(*testing.T, Broker) {
	return map[string]func(*testing.T, Broker){
		"ProcessesShareTheWork":           processesShare,
		"FanoutReachesEveryProcess":       fanoutReachesProcesses,
		"HostsAreFoundFromOtherProcesses": hostsFromOutside,
		"UnfinishedCastGoesToAnother":     unfinishedCast,
		"StoppedServerGivesItsCastsBack":  stoppedServer,
		"DeathOfTheServerEndsTheCall":     deadServer,
		"TenThousandCastsToASlowServer":   slowServer,
		"LongCallIsNotTakenForLost":       longCall,
	}
}

// server makes a server of topic "t" that answers ask with fn.
func server(b *messaging.Bus, host string, fn func(context.Context, ask) (string, error)) *messaging.Server {
	s := &messaging.Server{Bus: b, Topic: "t", Host: host, Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
	messaging.Answer(s, fn)
	return s
}

// serve runs the server until the test ends or stop is called, which returns when it has stopped.
func serve(t *testing.T, s *messaging.Server) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ready, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		if err := s.Run(ctx, func() { close(ready) }); err != nil {
			t.Error(err)
		}
	}()
	await(t, ready, "the server to be ready")
	stop = func() { cancel(); await(t, ended, "the server to stop") }
	t.Cleanup(stop)
	return stop
}

func await(t *testing.T, c <-chan struct{}, what string) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(patience):
		t.Fatal("waited in vain for " + what)
	}
}

func call(t *testing.T, b *messaging.Bus, to messaging.Target, in messaging.Message) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	return messaging.Call[string](ctx, b, to, in)
}

func callIsAnswered(t *testing.T, b *messaging.Bus) {
	ring := telemetry.NewRing(1 << 20)
	tracer := telemetry.NewTracer("test", ring)
	ctx := telemetry.With(telemetry.WithRequestID(t.Context(), "req-1"), telemetry.Telemetry{Tracer: tracer})
	ctx, end := telemetry.Start(telemetry.WithActor(ctx, telemetry.Actor{UserID: "u", Roles: []string{"member"}}), "the request")
	trace := telemetry.Traceparent(ctx)[:35] // version and trace id
	s := server(b, "", func(ctx context.Context, in ask) (string, error) {
		if id := telemetry.RequestID(ctx); id != "req-1" {
			t.Errorf("the request id came as %q", id)
		}
		if got := telemetry.Traceparent(ctx); len(got) < 35 || got[:35] != trace {
			t.Errorf("the trace came as %q, was %q", got, trace)
		}
		if a := telemetry.ActorOf(ctx); a == nil || a.UserID != "u" || !slices.Equal(a.Roles, []string{"member"}) {
			t.Errorf("the actor came as %+v", a)
		}
		if _, ok := ctx.Deadline(); !ok {
			t.Error("the deadline did not come")
		}
		return in.Text + "!", nil
	})
	serve(t, s)
	answer, err := messaging.Call[string](ctx, b, messaging.Topic("t"), ask{Text: "hello \x00 Ü"})
	if err != nil || answer != "hello \x00 Ü!" {
		t.Errorf("answer %q, %v", answer, err)
	}
	end(err)
	if spans := ring.Spans("req-1"); len(spans) < 2 {
		t.Errorf("kept the spans %v", spans)
	}
}

func megabyteCrosses(t *testing.T, b *messaging.Bus) {
	serve(t, server(b, "", func(_ context.Context, in ask) (string, error) { return in.Text, nil }))
	big := ask{Text: strings.Repeat("0123456789abcdef", 1<<16)}
	if answer, err := call(t, b, messaging.Topic("t"), big); err != nil || answer != big.Text {
		t.Errorf("a megabyte came back as %d bytes, %v", len(answer), err)
	}
}

func faultsCross(t *testing.T, b *messaging.Bus) {
	serve(t, server(b, "", func(_ context.Context, in ask) (string, error) {
		if in.Text == "fault" {
			f := fault.New(fault.Quota, "OverLimit", "No more.").With("limit", "3").Because(errors.New("private"))
			return "", fmt.Errorf("create thing: %w", f)
		}
		return "", errors.New("disk on fire")
	}))
	_, err := call(t, b, messaging.Topic("t"), ask{Text: "fault"})
	f := fault.Of(err)
	if f == nil || f.Kind != fault.Quota || f.Name != "OverLimit" || f.Text != "No more." || f.Details["limit"] != "3" || f.Cause != nil {
		t.Errorf("the fault came as %#v, %v", f, err)
	}
	_, err = call(t, b, messaging.Topic("t"), ask{})
	if err == nil || fault.Of(err) != nil {
		t.Errorf("an error came as %v", err)
	}
	_, err = call(t, b, messaging.Topic("t"), unheard{})
	if !fault.Is(err, fault.NotImplemented) {
		t.Errorf("an unknown method is %v", err)
	}
}

func callWithoutServer(t *testing.T, b *messaging.Bus) {
	stop := serve(t, server(b, "here", func(context.Context, ask) (string, error) { return "", nil }))
	if _, err := call(t, b, messaging.Topic("t").On("elsewhere"), ask{}); !fault.Is(err, fault.Unavailable) || fault.Of(err).Name != "NoServer" {
		t.Errorf("a call to a host that is not there: %v", err)
	}
	stop()
	if _, err := call(t, b, messaging.Topic("t"), ask{}); !fault.Is(err, fault.Unavailable) {
		t.Errorf("a call after the server left: %v", err)
	}
}

func lateAnswer(t *testing.T, b *messaging.Bus) {
	goOn := make(chan struct{})
	serve(t, server(b, "", func(_ context.Context, in ask) (string, error) {
		if in.Text == "slow" {
			<-goOn
		}
		return "late", nil
	}))
	b.Timeout = 50 * time.Millisecond
	_, err := messaging.Call[string](t.Context(), b, messaging.Topic("t"), ask{Text: "slow"})
	if !fault.Is(err, fault.Timeout) || fault.Of(err).Name != "MessagingTimeout" {
		t.Errorf("a call that is not answered: %v", err)
	}
	close(goOn)
	if answer, err := call(t, b, messaging.Topic("t"), ask{}); err != nil || answer != "late" {
		t.Errorf("the next call: %q, %v", answer, err)
	}
}

func cancelledCall(t *testing.T, b *messaging.Bus) {
	ctx, cancel := context.WithCancel(t.Context())
	goOn := make(chan struct{})
	serve(t, server(b, "", func(context.Context, ask) (string, error) { cancel(); <-goOn; return "", nil }))
	if _, err := messaging.Call[string](ctx, b, messaging.Topic("t"), ask{}); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled call: %v", err)
	}
	close(goOn)
}

func castWaits(t *testing.T, b *messaging.Bus) {
	for _, to := range []messaging.Target{messaging.Topic("t"), messaging.Topic("t").On("h")} {
		if err := messaging.Cast(t.Context(), b, to, ask{Text: to.String()}); err != nil {
			t.Fatal(err)
		}
	}
	got := make(chan string, 2)
	serve(t, server(b, "h", func(_ context.Context, in ask) (string, error) { got <- in.Text; return "", nil }))
	seen := map[string]bool{}
	for range 2 {
		select {
		case text := <-got:
			seen[text] = true
		case <-time.After(patience):
			t.Fatalf("only %v came", seen)
		}
	}
	if !seen["t"] || !seen["t.h"] {
		t.Errorf("there came %v", seen)
	}
}

func hostGetsItsOwn(t *testing.T, b *messaging.Bus) {
	for _, host := range []string{"a", "b"} {
		serve(t, server(b, host, func(context.Context, ask) (string, error) { return host, nil }))
	}
	for range 10 {
		for _, host := range []string{"a", "b"} {
			if answer, err := call(t, b, messaging.Topic("t").On(host), ask{}); err != nil || answer != host {
				t.Fatalf("host %s: %q, %v", host, answer, err)
			}
		}
	}
}

func serversShare(t *testing.T, b *messaging.Bus) {
	const messages = 100
	var mu sync.Mutex
	seen := map[string]int{}
	all := make(chan struct{})
	for range 3 {
		serve(t, server(b, "", func(_ context.Context, in ask) (string, error) {
			mu.Lock()
			defer mu.Unlock()
			if seen[in.Text]++; len(seen) == messages && seen[in.Text] == 1 {
				close(all)
			}
			return "", nil
		}))
	}
	for i := range messages {
		if err := messaging.Cast(t.Context(), b, messaging.Topic("t"), ask{Text: fmt.Sprint(i)}); err != nil {
			t.Fatal(err)
		}
	}
	await(t, all, "all messages")
	mu.Lock()
	defer mu.Unlock()
	for text, n := range seen {
		if n != 1 {
			t.Errorf("message %s was taken %d times", text, n)
		}
	}
}

func fanoutReachesAll(t *testing.T, b *messaging.Bus) {
	if err := messaging.Fanout(t.Context(), b, "t", ask{Text: "to nobody"}); err != nil {
		t.Fatal(err)
	}
	got := make(chan string, 9)
	for _, host := range []string{"a", "b", "c"} {
		serve(t, server(b, host, func(_ context.Context, in ask) (string, error) { got <- host + in.Text; return "", nil }))
	}
	if err := messaging.Fanout(t.Context(), b, "t", ask{Text: "!"}); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for range 3 {
		select {
		case text := <-got:
			seen[text] = true
		case <-time.After(patience):
			t.Fatalf("only %v came", seen)
		}
	}
	if !seen["a!"] || !seen["b!"] || !seen["c!"] {
		t.Errorf("there came %v", seen)
	}
}
