package chaos

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"cumulet/test/chaos/breaker"
)

// plan is which boundaries a run takes, and for how long.
type plan struct {
	all   bool
	seed  uint64
	most  time.Duration // 0 is no end
	began time.Time
	table string          // a file in which outcomes are kept, "" for none
	done  map[string]bool // those of it that were good
}

// sampleTime is how long a sample may take on one transport; it is much less on a machine with nothing else to do.
const sampleTime = 2 * time.Minute

func newPlan(t *testing.T) *plan {
	t.Helper()
	p := &plan{
		all: os.Getenv("CHAOS") == "all", table: os.Getenv("CHAOS_TABLE"), done: map[string]bool{},
		seed: uint64(time.Now().UnixNano() % 1e9),
	}
	if !p.all {
		p.most = sampleTime
	}
	var err error
	if given := os.Getenv("CHAOS_SEED"); given != "" {
		if p.seed, err = strconv.ParseUint(given, 10, 64); err != nil {
			t.Fatalf("CHAOS_SEED: %v", err)
		}
	}
	if given := os.Getenv("CHAOS_TIME"); given != "" {
		if p.most, err = time.ParseDuration(given); err != nil {
			t.Fatalf("CHAOS_TIME: %v", err)
		}
	}
	t.Logf("CHAOS_SEED=%d", p.seed)
	p.read(t)
	return p
}

// read learns what earlier runs have done.
func (p *plan) read(t *testing.T) {
	t.Helper()
	if p.table == "" {
		return
	}
	f, err := os.Open(p.table)
	if os.IsNotExist(err) {
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if what, outcome, ok := strings.Cut(lines.Text(), " => "); ok {
			p.done[what] = !strings.HasPrefix(outcome, "FAILED")
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
}

// choose gives the boundaries that this run takes of an operation's: all, or one in the middle and one by lot; where each role
// is a process, the one by lot.
func (p *plan) choose(transport string, op operation, met []breaker.Boundary) []breaker.Boundary {
	if len(met) == 0 {
		return nil
	}
	var chosen []breaker.Boundary
	if p.all || os.Getenv("CHAOS_ONLY") != "" {
		chosen = met
	} else {
		lot := rand.New(rand.NewPCG(p.seed, uint64(len(transport+op.name))))
		chosen = append(chosen, met[lot.IntN(len(met))])
		if transport == inMemory {
			chosen = append(chosen, met[len(met)/2])
		}
	}
	return slices.DeleteFunc(slices.Clone(chosen), func(b breaker.Boundary) bool { return !only(op, b) })
}

// note keeps an outcome in the table and prints it.
func (p *plan) note(t *testing.T, what string, o outcome) {
	t.Helper()
	line := fmt.Sprintf("%s => %s", what, strings.ReplaceAll(o.String(), "\n", "; "))
	t.Log(line)
	if p.table == "" {
		return
	}
	f, err := os.OpenFile(p.table, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err == nil {
		_, err = fmt.Fprintln(f, line)
		if closeErr := f.Close(); err == nil {
			err = closeErr
		}
	}
	if err != nil {
		t.Error(err)
	}
}

// inMemory names the transport within one process.
const inMemory = "memory"

func TestKilledAtAnyBoundaryNothingIsStuckOrLeft(t *testing.T) {
	p := newPlan(t)
	for _, transport := range []struct {
		name string
		site func(t *testing.T) *site
	}{
		{inMemory, inOne},
		{"libvirt", onThisMachine},
		{"libvirt apart", apartOnThisMachine},
		{"nats", onNATS},
		{"rabbitmq", onRabbitMQ},
	} {
		t.Run(transport.name, func(t *testing.T) {
			w := furnish(t, transport.site(t))
			p.run(t, transport.name, w)
			if t.Failed() {
				w.logs()
			}
		})
	}
}

// run plays every operation on one transport.
func (p *plan) run(t *testing.T, transport string, w *world) {
	w.watchIdle(t, 3*time.Second)
	p.began = time.Now()
	for _, op := range operations() {
		if spent(p.began, p.most) {
			t.Logf("%s is left out: the time is over", op.name)
			continue
		}
		met := w.enumerate(t, op)
		t.Logf("%s meets %d boundaries", op.name, len(met))
		for _, b := range p.choose(transport, op, met) {
			what := fmt.Sprintf("%s | %s | %s | %s | %d", transport, op.name, b.Process, b.Name, b.Nth)
			if p.done[what] || spent(p.began, p.most) {
				continue
			}
			o := w.play(op, breaker.Order{Trace: theTrace, Kill: &b}, nil)
			p.note(t, what, o)
			if o.err != nil {
				t.Errorf("%s: %v", what, o.err)
			}
		}
	}
}
