package messaging_test

import (
	"context"
	"testing"

	"go.uber.org/goleak"

	"cumulet/oslo/messaging"
	"cumulet/oslo/messaging/messagingtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestMemoryKeepsTheContract(t *testing.T) {
	messagingtest.Run(t, func(*testing.T) messaging.Transport { return messaging.NewMemory() })
}

type ping struct{ Text string }

func (ping) Method() string { return "ping" }

func BenchmarkCall(b *testing.B) {
	bus := &messaging.Bus{Transport: messaging.NewMemory()}
	s := &messaging.Server{Bus: bus, Topic: "t"}
	messaging.Answer(s, func(_ context.Context, in ping) (ping, error) { return in, nil })
	ctx, cancel := context.WithCancel(b.Context())
	ready, ended := make(chan struct{}), make(chan error)
	go func() { ended <- s.Run(ctx, func() { close(ready) }) }()
	<-ready
	b.ReportAllocs()
	for b.Loop() {
		if _, err := messaging.Call[ping](ctx, bus, messaging.Topic("t"), ping{"hello"}); err != nil {
			b.Fatal(err)
		}
	}
	cancel()
	if err := <-ended; err != nil {
		b.Error(err)
	}
}
