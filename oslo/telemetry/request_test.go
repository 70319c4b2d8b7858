package telemetry_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"cumulet/oslo/telemetry"
)

const (
	outside = "req-11111111-2222-4333-8444-555555555555"
	inside  = "req-aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
)

func TestGlobalRequestIDGoesAlong(t *testing.T) {
	t.Parallel()
	ctx, ring := observed(t)
	nova, end := telemetry.Start(telemetry.Serving(ctx, outside, http.Header{}), "nova POST /servers")
	sent := http.Header{}
	telemetry.Send(nova, sent)
	neutron, endInner := telemetry.Start(telemetry.Serving(ctx, inside, sent), "neutron POST /ports")
	agent := telemetry.Continue(ctx, telemetry.RequestID(neutron), telemetry.Traceparent(neutron))
	_, endAgent := telemetry.Start(agent, "bus.take")
	endAgent(nil)
	endInner(nil)
	end(nil)

	for name, got := range map[string]context.Context{"neutron": neutron, "the agent": agent} {
		if id, global := telemetry.RequestID(got), telemetry.GlobalRequestID(got); id != inside || global != outside {
			t.Errorf("%s serves %s for %s", name, id, global)
		}
	}
	for _, id := range []string{outside, inside} {
		spans := ring.Spans(id)
		if len(spans) != 3 {
			t.Fatalf("%s has %+v", id, spans)
		}
		if spans[1].Parent != spans[0].ID || spans[2].Parent != spans[1].ID || spans[2].RequestID != outside || spans[2].ServiceRequestID != inside {
			t.Errorf("%s is no tree: %+v", id, spans)
		}
		if spans[0].TraceID != "11111111222243338444555555555555" {
			t.Errorf("the trace is %s", spans[0].TraceID)
		}
	}
	if spans := ring.Spans("req-00000000-0000-4000-8000-000000000000"); len(spans) != 0 {
		t.Errorf("a stranger has %+v", spans)
	}
}

func TestCallersNameRequestsOfGoodFormOnly(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		outside: true, strings.ToUpper(outside): false, "req-1": false, "": false, outside + "\n": false,
		strings.Replace(outside, "req-", "", 1): false, "req-00000000-0000-0000-0000-000000000000": false,
		"req-1111111122224333844-4555555555555": false,
	} {
		h := http.Header{}
		h.Set("X-Openstack-Request-Id", name)
		got := telemetry.GlobalRequestID(telemetry.Serving(t.Context(), inside, h))
		if (got == name) != want || !want && got != inside {
			t.Errorf("%q is served as %s", name, got)
		}
	}
}

func TestForeignTraceGoesOn(t *testing.T) {
	t.Parallel()
	ctx, ring := observed(t)
	h := http.Header{}
	h.Set("Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00")
	ctx, end := telemetry.Start(telemetry.Serving(ctx, inside, h), "nova GET /servers")
	end(nil)
	span := ring.Spans(inside)[0]
	if span.TraceID != "0af7651916cd43dd8448eb211c80319c" || span.Parent != "b7ad6b7169203331" {
		t.Errorf("%+v does not go on", span)
	}
	if got := telemetry.GlobalRequestID(ctx); got != "req-0af76519-16cd-43dd-8448-eb211c80319c" {
		t.Errorf("the request is %s", got)
	}
}

func TestLogsCarryBothIDs(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	h := http.Header{}
	h.Set("X-Openstack-Request-Id", outside)
	telemetry.NewLogger(&out, slog.LevelInfo, false).InfoContext(telemetry.Serving(t.Context(), inside, h), "hello")
	if got := out.String(); !strings.Contains(got, "request_id="+inside) || !strings.Contains(got, "global_request_id="+outside) {
		t.Errorf("logged %s", got)
	}
}
