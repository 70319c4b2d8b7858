package telemetry_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"testing"

	"cumulet/oslo/telemetry"
)

// look is a cheap request.
func look(ctx context.Context, project string) {
	id := telemetry.NewRequestID()
	ctx, end := telemetry.Start(telemetry.WithRequestID(ctx, id), "nova GET /servers", slog.String("path", "/servers/"+id))
	telemetry.Project(ctx, project)
	_, endTx := telemetry.Start(ctx, "image")
	endTx(nil)
	end(nil)
}

// change is a request that changes something, or fails.
func change(ctx context.Context, project string, err error) string {
	id := telemetry.NewRequestID()
	ctx, end := telemetry.Start(telemetry.WithRequestID(ctx, id), "nova POST /servers")
	telemetry.Project(ctx, project)
	if err == nil {
		telemetry.Changed(ctx)
	}
	end(err)
	return id
}

func TestLookersDoNotCrowdOutChanges(t *testing.T) {
	t.Parallel()
	ctx, ring := observed(t)
	made := change(ctx, "a", nil)
	failed := change(ctx, "a", errors.New("no valid host"))
	for range 6_000 {
		look(ctx, "b")
	}
	if len(ring.Spans(made)) == 0 || len(ring.Spans(failed)) == 0 {
		t.Error("what changed something or failed is gone")
	}
	for range 6_000 {
		change(ctx, "", errors.New("unauthorized"))
	}
	if len(ring.Spans(made)) == 0 || len(ring.Spans(failed)) == 0 {
		t.Error("failures of nobody crowded out a project's")
	}
	if kept := ring.Kept(); kept.Bytes > 1<<20 || kept.Requests < 100 {
		t.Errorf("the ring keeps %+v", kept)
	}
}

func TestProjectWithMostGivesFirst(t *testing.T) {
	t.Parallel()
	ctx, ring := observed(t)
	made := change(ctx, "quiet", nil)
	var last string
	for range 6_000 {
		last = change(ctx, "loud", nil)
	}
	if len(ring.Spans(made)) == 0 {
		t.Error("one project crowded out another")
	}
	if len(ring.Spans(last)) == 0 {
		t.Error("the newest is gone")
	}
}

func TestRunningSpansShow(t *testing.T) {
	t.Parallel()
	ctx, ring := observed(t)
	ctx = telemetry.WithRequestID(ctx, "req-1")
	_, end := telemetry.Start(ctx, "flow.server.create")
	if spans := ring.Spans("req-1"); len(spans) != 1 || !spans[0].Running || spans[0].Took <= 0 {
		t.Errorf("under way: %+v", spans)
	}
	end(nil)
	end(errors.New("twice"))
	if spans := ring.Spans("req-1"); len(spans) != 1 || spans[0].Running || spans[0].Error != "" {
		t.Errorf("ended: %+v", spans)
	}
}

func TestOneRequestIsBounded(t *testing.T) {
	t.Parallel()
	ctx, ring := observed(t)
	ctx = telemetry.WithRequestID(ctx, "req-1")
	for i := range 3_000 {
		_, end := telemetry.Start(ctx, fmt.Sprint(i), slog.String("long", string(make([]byte, 1<<16))))
		end(errors.New(string(make([]byte, 1<<16))))
	}
	spans := ring.Spans("req-1") // the ring may have begun it anew, since its part is full
	if len(spans) > 2_000 || len(spans) == 0 || spans[len(spans)-1].Name != "2999" {
		t.Fatalf("%d spans are kept", len(spans))
	}
	if text := spans[0].Attributes["long"]; len(text) > 3<<10 {
		t.Errorf("an attribute of %d bytes", len(text))
	}
}

func TestRingIsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	ctx, ring := observed(t)
	var all sync.WaitGroup
	for n := range 8 {
		all.Go(func() {
			shared := telemetry.WithRequestID(ctx, "req-1")
			for range 500 {
				inner, end := telemetry.Start(shared, "shared")
				telemetry.Note(inner, slog.Int("n", n))
				telemetry.Query(inner, 1)
				end(nil)
				look(ctx, fmt.Sprint(n))
				change(ctx, fmt.Sprint(n), nil)
			}
			ring.Spans("req-1")
			ring.Spans("req-unknown")
		})
	}
	all.Wait()
}

// TestRingHoldsWhatItSays measures the memory of a full ring.
func TestRingHoldsWhatItSays(t *testing.T) {
	const size = 4 << 20
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	ring := telemetry.NewRing(size)
	ctx := telemetry.With(t.Context(), telemetry.Telemetry{Tracer: telemetry.NewTracer("test", ring)})
	for i := range 16_000 {
		look(ctx, fmt.Sprint(i%50))
		change(ctx, fmt.Sprint(i%50), nil)
		change(ctx, fmt.Sprint(i%50), errors.New("no"))
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	used, kept := int(after.HeapAlloc-before.HeapAlloc), ring.Kept()
	t.Logf("a full ring of %d KiB takes %d KiB, in %d requests", size>>10, used>>10, kept.Requests)
	if used > size*5/4 {
		t.Errorf("a ring of %d bytes takes %d", size, used)
	}
	runtime.KeepAlive(ring)
}
