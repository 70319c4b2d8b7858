package flowtest_test

import (
	"context"
	"maps"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"cumulet/oslo/db/dbtest"
	"cumulet/oslo/flow"
	"cumulet/oslo/flow/flowtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// house is a world in which a house is built.
type house struct {
	mu     sync.Mutex
	stands map[string]bool
}

func (h *house) set(part string, stands bool) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if stands {
		h.stands[part] = true
	} else {
		delete(h.stands, part)
	}
	return nil
}

type plan struct{ Parts []string }

func newHouse(t *testing.T) flowtest.World[plan] {
	h := &house{stands: map[string]bool{}}
	part := func(name string) flow.Step[plan] {
		return flow.Step[plan]{
			Name: name,
			Do:   func(_ context.Context, p *plan) error { p.Parts = append(p.Parts, name); return h.set(name, true) },
			Undo: func(context.Context, *plan) error { return h.set(name, false) },
		}
	}
	return flowtest.World[plan]{
		DB: dbtest.Open(t, "test", nil),
		Flow: flow.Flow[plan]{
			Name:   "build",
			Steps:  []flow.Step[plan]{part("walls"), part("roof")},
			Failed: func(context.Context, *plan, error) error { return h.set("ruin", true) },
		},
		Check: func(t *testing.T, ended flow.Operation) {
			want := map[string]bool{"walls": true, "roof": true}
			if ended.Status == flow.Undone {
				want = map[string]bool{"ruin": true}
			}
			h.mu.Lock()
			defer h.mu.Unlock()
			if !maps.Equal(h.stands, want) {
				t.Errorf("%s, and there stands %v", ended.Status, h.stands)
			}
		},
	}
}

func TestFlowThatKeepsTheContractPasses(t *testing.T) { flowtest.Run(t, newHouse) }
