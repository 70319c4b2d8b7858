package transfer_test

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"cumulet/glance"
	"cumulet/glance/db"
	"cumulet/glance/registry"
	"cumulet/glance/registry/client"
	"cumulet/glance/store"
	"cumulet/glance/store/file"
	"cumulet/glance/transfer"
	"cumulet/oslo/db/dbtest"
	"cumulet/oslo/fault"
	"cumulet/oslo/messaging"
	"cumulet/oslo/service/servicetest"
)

// world is a registry on a bus, a store and a transfer between them.
type world struct {
	registry *registry.Registry
	ask      *client.Registry
	store    *file.Store
	transfer *transfer.Transfer
	now      atomic.Int64 // Unix seconds
	ahead    atomic.Int64 // seconds by which the wall clock was set
}

func newWorld(t *testing.T) *world {
	t.Helper()
	t.Parallel()
	w := &world{}
	w.now.Store(1_800_000_000)
	rows, err := db.Open(t.Context(), dbtest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { rows.Close() })
	w.registry = &registry.Registry{
		DB: rows, Limits: glance.DefaultConfig().Limits(), Lease: time.Minute, NewID: uuid.NewString,
		Now:    func() time.Time { return time.Unix(w.now.Load()+w.ahead.Load(), 0) },
		Steady: func() time.Time { return time.Unix(w.now.Load(), 0) },
	}
	bus := &messaging.Bus{Transport: messaging.NewMemory()}
	w.registry.Bus, w.registry.Owner, w.registry.Imports, w.registry.Log = bus, "test", 4, slog.New(slog.DiscardHandler)
	w.registry.TaskLife, w.registry.ImportDeadline = time.Hour, time.Minute
	servicetest.Run(t, (&registry.Server{Registry: w.registry, Bus: bus}).Run)
	w.store = &file.Store{StoreName: "file", Dir: filepath.Join(t.TempDir(), "images")}
	if err := w.store.Prepare(); err != nil {
		t.Fatal(err)
	}
	staging := &file.Store{StoreName: glance.StagingStore, Dir: filepath.Join(t.TempDir(), "staging")}
	if err := staging.Prepare(); err != nil {
		t.Fatal(err)
	}
	w.ask = &client.Registry{Bus: bus}
	w.transfer = &transfer.Transfer{
		Registry: w.ask, Stores: store.Set{{Store: w.store}}, SizeCap: 1 << 40, Log: slog.New(slog.DiscardHandler),
		Staging: staging, Host: "host-1",
		After: func(time.Duration) <-chan time.Time { return nil },
	}
	return w
}

func who() glance.Caller { return glance.Caller{ProjectID: "acme"} }

func (w *world) image(t *testing.T) glance.Image {
	t.Helper()
	i, err := w.ask.CreateImage(t.Context(), who(), glance.Image{Owner: "acme", Visibility: glance.Shared, DiskFormat: "raw", ContainerFormat: "bare"})
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func (w *world) status(t *testing.T, id string) glance.Status {
	t.Helper()
	i, err := w.ask.Image(t.Context(), who(), id)
	if err != nil {
		t.Fatal(err)
	}
	return i.Status
}

func (w *world) keys(t *testing.T) (names []string) {
	t.Helper()
	for k, err := range w.store.Keys(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, k.Name)
	}
	return names
}

func TestAnUploadThatDiedIsQueuedAgainAndItsBitsAreScrubbed(t *testing.T) {
	w := newWorld(t)
	i := w.image(t)
	// A process that dies in an upload leaves this: the right, and half the bits.
	u, err := w.ask.BeginUpload(t.Context(), who(), i.ID, "file")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.store.Put(t.Context(), u.Location.Key, bytes.NewReader([]byte("half")), -1); err != nil {
		t.Fatal(err)
	}
	tidy := func() {
		t.Helper()
		if err := errors.Join(w.registry.Reconcile(t.Context()), w.transfer.Scrub(t.Context())); err != nil {
			t.Fatal(err)
		}
	}
	tidy()
	if got := w.status(t, i.ID); got != glance.Saving || len(w.keys(t)) != 1 {
		t.Fatalf("an upload that may live was taken for dead: %s, %v", got, w.keys(t))
	}
	w.now.Add(61)
	tidy()
	if got := w.status(t, i.ID); got != glance.Queued || len(w.keys(t)) != 0 {
		t.Fatalf("%s, %v", got, w.keys(t))
	}
	// Were it not dead after all, it has lost its right.
	if err := w.ask.RenewUpload(t.Context(), u, 0); !fault.Is(err, fault.Gone) {
		t.Errorf("renewed: %v", err)
	}
	if _, err := w.ask.FinishUpload(t.Context(), u, glance.Bits{}); !fault.Is(err, fault.Gone) {
		t.Errorf("finished: %v", err)
	}
	if err := w.transfer.Upload(t.Context(), who(), i.ID, w.store, bytes.NewReader([]byte("whole")), 5); err != nil {
		t.Fatal(err)
	}
	tidy()
	if got := w.status(t, i.ID); got != glance.Active || len(w.keys(t)) != 1 {
		t.Fatalf("%s, %v", got, w.keys(t))
	}
}

func TestAnUploadThatIsRenewedOutlivesItsLease(t *testing.T) {
	w := newWorld(t)
	i := w.image(t)
	ticks := make(chan time.Time)
	w.transfer.After = func(time.Duration) <-chan time.Time { return ticks }
	r, sender := io.Pipe()
	done := make(chan error, 1)
	go func() { done <- w.transfer.Upload(t.Context(), who(), i.ID, w.store, r, -1) }()
	for range 3 {
		if _, err := sender.Write([]byte("bits")); err != nil {
			t.Fatal(err)
		}
		w.now.Add(50)
		ticks <- time.Time{} // taken once the renewal before has ended
		ticks <- time.Time{}
		if err := w.registry.Reconcile(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	sender.Close()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

func TestAClockThatIsSetTakesNoUploadForDeadNorKeepsADeadOne(t *testing.T) {
	for name, jump := range map[string]int64{"forwards": 3600, "backwards": -3600} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			living, dead := w.image(t), w.image(t)
			upload, err := w.ask.BeginUpload(t.Context(), who(), living.ID, "file")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.ask.BeginUpload(t.Context(), who(), dead.ID, "file"); err != nil {
				t.Fatal(err)
			}
			turn := func() {
				t.Helper()
				if err := w.registry.Reconcile(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			turn()
			w.ahead.Store(jump)
			turn()
			if err := w.ask.RenewUpload(t.Context(), upload, 0); err != nil {
				t.Errorf("the living upload has lost its right: %v", err)
			}
			w.now.Add(50)
			turn()
			if got := w.status(t, living.ID); got != glance.Saving {
				t.Errorf("the living upload's image is %s", got)
			}
			if got := w.status(t, dead.ID); got != glance.Queued {
				t.Errorf("the dead upload's image is %s", got)
			}
		})
	}
}

func TestAnUploadThatLostItsRightStops(t *testing.T) {
	w := newWorld(t)
	i := w.image(t)
	ticks := make(chan time.Time)
	w.transfer.After = func(time.Duration) <-chan time.Time { return ticks }
	r, sender := io.Pipe()
	done := make(chan error, 1)
	go func() { done <- w.transfer.Upload(t.Context(), who(), i.ID, w.store, endless{r}, -1) }()
	if _, err := sender.Write([]byte("bits")); err != nil {
		t.Fatal(err)
	}
	sender.Close()
	if _, err := w.ask.DeleteImage(t.Context(), who(), i.ID); err != nil {
		t.Fatal(err)
	}
	ticks <- time.Time{}
	if err := <-done; !fault.Is(err, fault.Gone) {
		t.Errorf("it ended with %v", err)
	}
	if left := w.keys(t); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

// endless goes on with zeros when what it reads has ended.
type endless struct{ io.Reader }

func (e endless) Read(p []byte) (int, error) {
	n, err := e.Reader.Read(p)
	if err != nil {
		clear(p)
		return len(p), nil
	}
	return n, nil
}

func TestBitsOfDeletedImagesThatCouldNotBeRemovedAreLater(t *testing.T) {
	w := newWorld(t)
	i := w.image(t)
	if err := w.transfer.Upload(t.Context(), who(), i.ID, w.store, bytes.NewReader([]byte("bits")), 4); err != nil {
		t.Fatal(err)
	}
	// The process dies between the registry's deletion and the store's.
	if _, err := w.ask.DeleteImage(t.Context(), who(), i.ID); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := w.transfer.Scrub(t.Context()); err != nil {
			t.Fatal(err)
		}
		if left := w.keys(t); len(left) != 0 {
			t.Errorf("left behind: %v", left)
		}
	}
	if doomed, err := w.ask.Doomed(t.Context(), "file", 10); err != nil || len(doomed) != 0 {
		t.Errorf("%v %v", doomed, err)
	}
}

func TestEventsTellAnImagesLife(t *testing.T) {
	w := newWorld(t)
	i := w.image(t)
	if err := w.transfer.Upload(t.Context(), who(), i.ID, w.store, bytes.NewReader([]byte("bits")), 4); err != nil {
		t.Fatal(err)
	}
	if err := w.transfer.Delete(t.Context(), who(), i.ID); err != nil {
		t.Fatal(err)
	}
	events, err := w.registry.DB.Events(t.Context(), 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"image.create", "image.prepare", "image.upload", "image.activate", "image.delete"}
	for n, e := range events {
		if n >= len(want) || e.Name != want[n] || e.Resource != i.ID || e.ProjectID != "acme" {
			t.Errorf("event %d is %s of %s", n, e.Name, e.Resource)
		}
	}
	if len(events) != len(want) {
		t.Errorf("%d events", len(events))
	}
}
