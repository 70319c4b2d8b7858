package plugin

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"cumulet/neutron"
	"cumulet/oslo/messaging"
)

// Whatever is told how often, agents hear it at once, not each time, and once after it was told last.
func TestNudgesRest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		bus := &messaging.Bus{Transport: messaging.NewMemory()}
		var heard []time.Time
		s := &messaging.Server{Bus: bus, Topic: neutron.TopicL2, Host: "h1", Workers: 1}
		messaging.Take(s, func(context.Context, neutron.SecurityGroupsChanged) error {
			heard = append(heard, time.Now())
			return nil
		})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- s.Run(ctx, func() {}) }()
		synctest.Wait()
		p := &Plugin{Bus: bus, Log: slog.New(slog.DiscardHandler)}
		began := time.Now()
		var last time.Time
		for range 100 {
			last = time.Now()
			p.nudge(ctx, nudge{neutron.TopicL2, groupChanged{"g"}})
			synctest.Wait()
			time.Sleep(10 * time.Millisecond) // the bubble's clock, no real one
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if n := len(heard); n < 2 || n > 6 || !heard[0].Equal(began) || !heard[n-1].After(last) {
			t.Errorf("told for a second, agents heard it at %v", heard)
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}
