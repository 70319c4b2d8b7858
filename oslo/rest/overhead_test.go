package rest

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"cumulet/oslo/db"
	"cumulet/oslo/fault"
	"cumulet/oslo/policy"
	"cumulet/oslo/telemetry"
)

// measured is an API with a database, as a service's: looking reads three times, changing writes an event in a transaction.
func measured(b *testing.B) http.Handler {
	b.Helper()
	d, err := db.Open(b.Context(), "things", db.SQLiteURL(filepath.Join(b.TempDir(), "things.db")), nil)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := d.Close(); err != nil {
			b.Error(err)
		}
	})
	look := func(ctx context.Context, c *Call) (thing, error) {
		if err := c.AuthorizeOwner("p"); err != nil {
			return thing{}, err
		}
		for range 3 {
			if _, err := d.Events(ctx, 1<<40, 10); err != nil {
				return thing{}, err
			}
		}
		return thing{Name: c.Path("id")}, nil
	}
	change := func(ctx context.Context, c *Call, in thing) (thing, error) {
		if err := c.AuthorizeOwner("p"); err != nil {
			return thing{}, err
		}
		return in, d.Tx(ctx, func(tx *db.Tx) error { return tx.Record(ctx, "thing.create.end", in) })
	}
	enforcer, err := policy.New([]policy.Rule{{Name: "get", Check: "role:admin or project_id:%(project_id)s"}})
	if err != nil {
		b.Fatal(err)
	}
	api := &API{
		Service: "things", Policy: enforcer, Log: slog.New(slog.DiscardHandler), Auth: tokens{"p": {ProjectID: "p", UserID: "u"}},
		Dialect: Dialect{Body: func(*Call, int, *fault.Fault) any { return nil }},
		Routes: []Route{
			{Do: "GET /things/{id}", Rule: "get", Status: 200, Run: Get(look)},
			{Do: "POST /things", Rule: "get", Status: 201, Run: JSON(change)},
		},
	}
	h, err := api.Handler()
	if err != nil {
		b.Fatal(err)
	}
	return h
}

// processor is the processor time that this process has taken.
func processor(b *testing.B) time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

func median(values []float64) float64 { return slices.Sorted(slices.Values(values))[len(values)/2] }

// BenchmarkTracing compares the processor time of a request with spans to that of the same request without, turn by turn in one
// run, without a socket and a client, which would only make the part of the spans look smaller.
func BenchmarkTracing(b *testing.B) {
	h := measured(b)
	metrics := telemetry.NewMetrics()
	bare := telemetry.With(b.Context(), telemetry.Telemetry{Metrics: metrics})
	traced := telemetry.With(b.Context(), telemetry.Telemetry{Metrics: metrics, Tracer: telemetry.NewTracer("bench", telemetry.NewRing(16<<20))})
	for name, request := range map[string]struct{ method, path, body string }{
		"look": {"GET", "/things/7", ""}, "change": {"POST", "/things", `{"name":"x"}`},
	} {
		b.Run(name, func(b *testing.B) {
			serve := func(ctx context.Context) {
				r := httptest.NewRequestWithContext(ctx, request.method, request.path, strings.NewReader(request.body))
				r.Header.Set("X-Auth-Token", "p")
				h.ServeHTTP(httptest.NewRecorder(), r)
			}
			const turn = 200
			var without, with, ratio []float64 // µs a request, by turn
			cost := func(ctx context.Context) float64 {
				runtime.GC() // what the other side left is not this side's
				began := processor(b)
				for range turn {
					serve(ctx)
				}
				return float64((processor(b) - began).Nanoseconds()) / turn / 1000
			}
			for b.Loop() {
				first, then := cost(bare), cost(traced)
				then, first = (then+cost(traced))/2, (first+cost(bare))/2 // so that a drift of the machine is on both sides
				without, with, ratio = append(without, first), append(with, then), append(ratio, then/first)
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(median(without), "µs-bare")
			b.ReportMetric(median(with), "µs-traced")
			b.ReportMetric(100*median(ratio)-100, "%-overhead")
		})
	}
}
