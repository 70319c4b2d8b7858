package breaker_test

import (
	"context"
	"log/slog"
	"reflect"
	"testing"

	"cumulet/oslo/telemetry"
	"cumulet/test/chaos/breaker"
)

const theTrace = "0af7651916cd43dd8448eb211c80319c"

// process is a process with a breaker that notes its death.
func process(t *testing.T, folder, name string) (work func(traced bool, span string, attrs ...slog.Attr), deaths *int) {
	t.Helper()
	deaths = new(int)
	b := &breaker.Breaker{Folder: folder, Process: name, Die: func() { *deaths++ }}
	tracer := telemetry.NewTracer(name, telemetry.NewRing(1<<20))
	t.Cleanup(func() { _ = tracer.Close(context.Background()) })
	base := telemetry.With(t.Context(), telemetry.Telemetry{Tracer: tracer, Observer: b.Observer()})
	return func(traced bool, span string, attrs ...slog.Attr) {
		ctx := base
		if traced {
			ctx = telemetry.Continue(ctx, telemetry.NewRequestID(), "00-"+theTrace+"-b7ad6b7169203331-01")
		}
		_, end := telemetry.Start(ctx, span, attrs...)
		end(nil)
	}, deaths
}

func TestBoundariesAreListedWithoutIDs(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	work, _ := process(t, folder, "nova-conductor")
	work(true, "before") // nothing is asked yet
	if err := breaker.Give(folder, breaker.Order{Trace: theTrace, List: true}); err != nil {
		t.Fatal(err)
	}
	work(true, "flow.do", slog.String("step", "build"), slog.Int("tries", 3), slog.String("waited", "27.5µs"), slog.String("server", "0af76519-16cd-43dd-8448-eb211c80319c"))
	work(false, "bus.take")
	listed, err := breaker.Listed(folder)
	if err != nil {
		t.Fatal(err)
	}
	want := []breaker.Boundary{
		{Process: "nova-conductor", Name: "begin flow.do step=build", Nth: 1},
		{Process: "nova-conductor", Name: "end flow.do step=build", Nth: 1},
		{Process: "nova-conductor", Name: "beside begin bus.take", Nth: 1},
		{Process: "nova-conductor", Name: "beside end bus.take", Nth: 1},
	}
	if !reflect.DeepEqual(listed, want) {
		t.Errorf("listed %+v", listed)
	}
}

func TestOneProcessDiesOnce(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	work, deaths := process(t, folder, "nova-api")
	other, others := process(t, folder, "nova-conductor")
	kill := &breaker.Boundary{Process: "nova-api", Name: "end db.tx", Nth: 2}
	if err := breaker.Give(folder, breaker.Order{Trace: theTrace, Kill: kill}); err != nil {
		t.Fatal(err)
	}
	other(true, "db.tx")
	other(true, "db.tx")
	work(true, "db.tx")
	work(false, "db.tx")
	if *deaths != 0 || breaker.Killed(folder) {
		t.Fatal("it died too early")
	}
	work(true, "db.tx")
	work(true, "db.tx")
	if *deaths != 1 || *others != 0 || !breaker.Killed(folder) {
		t.Errorf("%d and %d deaths", *deaths, *others)
	}
}
