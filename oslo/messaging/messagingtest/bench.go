package messagingtest

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"

	"cumulet/oslo/messaging"
)

// Bench measures the transport, with a message of 200 bytes: one call after the other, 32 callers at once, casts from 32
// senders until they are worked on. It closes the transport.
func Bench(b *testing.B, transport messaging.Transport) {
	bus := &messaging.Bus{Transport: transport}
	var taken atomic.Int64
	s := &messaging.Server{Bus: bus, Topic: "t", Workers: 32}
	messaging.Answer(s, func(_ context.Context, in ask) (string, error) { taken.Add(1); return in.Text, nil })
	ctx, cancel := context.WithCancel(b.Context())
	ready, ended := make(chan struct{}), make(chan error, 1)
	go func() { ended <- s.Run(ctx, func() { close(ready) }) }()
	<-ready
	message := ask{Text: strings.Repeat("x", 200)}
	b.Run("Call", func(b *testing.B) {
		for b.Loop() {
			if _, err := messaging.Call[string](ctx, bus, messaging.Topic("t"), message); err != nil {
				b.Fatal(err)
			}
		}
		perSecond(b, "calls/s")
	})
	b.Run("Calls32", func(b *testing.B) {
		many(b, func() error { _, err := messaging.Call[string](ctx, bus, messaging.Topic("t"), message); return err })
		perSecond(b, "calls/s")
	})
	b.Run("Casts32", func(b *testing.B) {
		until := taken.Load() + int64(b.N)
		many(b, func() error { return messaging.Cast(ctx, bus, messaging.Topic("t"), message) })
		for taken.Load() < until {
			wait(ctx)
		}
		perSecond(b, "casts/s")
	})
	cancel()
	if err := <-ended; err != nil {
		b.Error(err)
	}
	if err := transport.Close(); err != nil {
		b.Error(err)
	}
}

func many(b *testing.B, do func() error) {
	b.SetParallelism(16) // times the two cores of a small machine
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := do(); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

func perSecond(b *testing.B, unit string) {
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), unit)
}
