package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"testing"
	"time"

	"cumulet/oslo/db"
	"cumulet/oslo/db/dbtest"
	"cumulet/oslo/outbox"
)

// patience bounds what should happen soon, generously.
const patience = 30 * time.Second

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

// place is where events go: it takes them, or is away.
type place struct {
	mu   sync.Mutex
	away error
	got  []int64
	by   map[string]int
	more chan struct{} // closed and made anew whenever something came
}

func newPlace() *place { return &place{by: map[string]int{}, more: make(chan struct{})} }

// take is the Deliver of an owner; most bounds how much it takes at once.
func (p *place) take(owner string, most int) func(context.Context, []db.Event) (int, error) {
	return func(_ context.Context, events []db.Event) (int, error) {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.away != nil {
			return 0, p.away
		}
		n := min(len(events), most)
		for _, e := range events[:n] {
			p.got = append(p.got, e.Seq)
		}
		p.by[owner] += n
		close(p.more)
		p.more = make(chan struct{})
		return n, nil
	}
}

func (p *place) be(away error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.away = away
}

// await waits until n events have come, and gives their numbers.
func (p *place) await(t *testing.T, n int) []int64 {
	t.Helper()
	late := time.After(patience)
	for {
		p.mu.Lock()
		got, more := p.got, p.more
		p.mu.Unlock()
		if len(got) >= n {
			return got
		}
		select {
		case <-more:
		case <-late:
			t.Fatalf("of %d events there came %v", n, got)
		}
	}
}

func record(t *testing.T, d *db.DB, n int) {
	t.Helper()
	for i := range n {
		err := d.Tx(t.Context(), func(tx *db.Tx) error { return tx.Record(t.Context(), "thing.create", fmt.Sprint(i)) })
		if err != nil {
			t.Fatal(err)
		}
	}
}

// run runs a relay until the returned function, or the test's end, stops it.
func run(t *testing.T, r *outbox.Relay) (stop func()) {
	t.Helper()
	r.Log = quiet()
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		if err := r.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	stop = func() { cancel(); running.Wait() }
	t.Cleanup(stop)
	return stop
}

func inOrder(t *testing.T, got []int64, from, to int64) {
	t.Helper()
	if len(got) != int(to-from+1) {
		t.Fatalf("there came %v", got)
	}
	for i, seq := range got {
		if seq != from+int64(i) {
			t.Fatalf("there came %v", got)
		}
	}
}

func TestEventsArriveInOrderAndOnce(t *testing.T) {
	d, p := dbtest.Open(t, "test", nil), newPlace()
	record(t, d, 5)
	stop := run(t, &outbox.Relay{Name: "r", DB: d, Owner: "a", FromStart: true, Batch: 2, Deliver: p.take("a", 99)})
	p.await(t, 5)
	record(t, d, 5)
	p.await(t, 10)
	stop()
	record(t, d, 1)
	run(t, &outbox.Relay{Name: "r", DB: d, Owner: "b", Deliver: p.take("b", 1)})
	inOrder(t, p.await(t, 11), 1, 11)
}

func TestNewRelayBeginsWithWhatComes(t *testing.T) {
	d, p := dbtest.Open(t, "test", nil), newPlace()
	record(t, d, 3)
	r := &outbox.Relay{Name: "r", DB: d, Owner: "a", Deliver: p.take("a", 99)}
	run(t, r)
	awaitCursor(t, d, "r")
	record(t, d, 2)
	inOrder(t, p.await(t, 2), 4, 5)
}

// awaitCursor waits until the relay has made its row.
func awaitCursor(t *testing.T, d *db.DB, name string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		var n int
		if err := d.QueryRowContext(ctx, "SELECT COUNT(*) FROM relays WHERE name = ?", name).Scan(&n); err != nil {
			t.Fatal(err)
		}
		if n == 1 {
			return
		}
		select {
		case <-time.After(5 * time.Millisecond):
		case <-ctx.Done():
		}
	}
}

func TestNothingIsLostWhileThePlaceIsAway(t *testing.T) {
	d, p := dbtest.Open(t, "test", nil), newPlace()
	p.be(errors.New("away"))
	run(t, &outbox.Relay{Name: "r", DB: d, Owner: "a", FromStart: true, Batch: 7, Deliver: p.take("a", 3)})
	awaitCursor(t, d, "r") // until it has one, nobody waits for what is forgotten
	record(t, d, 20)
	lost, err := d.Forget(t.Context(), time.Now().Add(time.Hour), time.Time{})
	if err != nil || lost != 0 {
		t.Fatalf("%d events were lost, %v", lost, err)
	}
	p.be(nil)
	inOrder(t, p.await(t, 20), 1, 20)
}

func TestOneOfTwoReadsAndTheOtherTakesOver(t *testing.T) {
	d, p := dbtest.Open(t, "test", nil), newPlace()
	stops := map[string]func(){}
	for _, owner := range []string{"a", "b"} {
		stops[owner] = run(t, &outbox.Relay{
			Name: "r", DB: d, Owner: owner, FromStart: true, Poll: 10 * time.Millisecond, Deliver: p.take(owner, 99),
		})
	}
	record(t, d, 50)
	p.await(t, 50)
	stops["a"]()
	record(t, d, 10)
	inOrder(t, p.await(t, 60), 1, 60)
}

// TestDeadHoldersRelayIsTakenOver leaves a row as a process leaves it that dies between delivering and noting it: the next
// delivers again, and the dead one, should it live after all, cannot move the cursor.
func TestDeadHoldersRelayIsTakenOver(t *testing.T) {
	d, p := dbtest.Open(t, "test", nil), newPlace()
	record(t, d, 3)
	holding, goOn := make(chan struct{}), make(chan struct{})
	stuck := func(_ context.Context, events []db.Event) (int, error) {
		close(holding)
		<-goOn
		return len(events), nil
	}
	stop := run(t, &outbox.Relay{Name: "r", DB: d, Owner: "dead", FromStart: true, Deliver: stuck, Lease: 50 * time.Millisecond})
	<-holding
	run(t, &outbox.Relay{
		Name: "r", DB: d, Owner: "next", Lease: 50 * time.Millisecond, Poll: 10 * time.Millisecond, Deliver: p.take("next", 1),
	})
	inOrder(t, p.await(t, 3), 1, 3)
	close(goOn)
	stop()
	record(t, d, 1)
	inOrder(t, p.await(t, 4), 1, 4)
}

func TestWhatIsKeptTooLongUndeliveredIsLostAndCounted(t *testing.T) {
	d, p := dbtest.Open(t, "test", nil), newPlace()
	p.be(errors.New("away"))
	stop := run(t, &outbox.Relay{Name: "r", DB: d, Owner: "a", FromStart: true, Deliver: p.take("a", 99)})
	awaitCursor(t, d, "r")
	stop()
	record(t, d, 4)
	later := time.Now().Add(time.Hour)
	if lost, err := d.Forget(t.Context(), later, later); err != nil || lost != 4 {
		t.Fatalf("%d events were lost, %v", lost, err)
	}
	p.be(nil)
	run(t, &outbox.Relay{Name: "r", DB: d, Owner: "b", Deliver: p.take("b", 99)})
	record(t, d, 1)
	inOrder(t, p.await(t, 1), 5, 5)
}

func TestDroppedRelayKeepsNothing(t *testing.T) {
	d, p := dbtest.Open(t, "test", nil), newPlace()
	stop := run(t, &outbox.Relay{Name: "r", DB: d, Owner: "a", FromStart: true, Deliver: p.take("a", 99)})
	awaitCursor(t, d, "r")
	stop()
	record(t, d, 4)
	if err := outbox.Drop(t.Context(), d, "r"); err != nil {
		t.Fatal(err)
	}
	lost, err := d.Forget(t.Context(), time.Now().Add(time.Hour), time.Time{})
	left, leftErr := d.Events(t.Context(), 0, 10)
	if err := errors.Join(err, leftErr); err != nil || lost != 0 || len(left) != 0 {
		t.Errorf("%d are left and %d lost, %v", len(left), lost, err)
	}
}
