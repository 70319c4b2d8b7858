package flow

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime/debug"
	"time"
)

// code is a flow's steps over an encoded state.
type code interface {
	steps() []stepInfo
	do(ctx context.Context, step int, state []byte) ([]byte, error)
	undo(ctx context.Context, step int, state []byte) ([]byte, error)
	failed(ctx context.Context, state []byte, why error) ([]byte, error)
}

// stepInfo is what the runner knows of a step.
type stepInfo struct {
	name     string
	deadline time.Duration
	tries    int
}

func define[S any](f Flow[S]) Definition {
	names := map[string]bool{}
	for _, s := range f.Steps {
		if s.Name == "" || s.Name == failedStep || s.Do == nil || names[s.Name] {
			panic(fmt.Sprintf("flow %s: step %q needs a name of its own and something to do", f.Name, s.Name))
		}
		names[s.Name] = true
	}
	if f.Name == "" || len(f.Steps) == 0 {
		panic(fmt.Sprintf("flow %q needs a name and steps", f.Name))
	}
	return Definition{Name: f.Name, code: typed[S]{f}}
}

// typed is code over a state of type S.
type typed[S any] struct{ flow Flow[S] }

func (t typed[S]) steps() []stepInfo {
	infos := make([]stepInfo, len(t.flow.Steps))
	for i, s := range t.flow.Steps {
		infos[i] = stepInfo{name: s.Name, deadline: s.Deadline, tries: max(s.Tries, 1)}
		if s.Deadline == 0 {
			infos[i].deadline = 5 * time.Minute
		}
	}
	return infos
}

func (t typed[S]) do(ctx context.Context, step int, state []byte) ([]byte, error) {
	return t.call(state, func(s *S) error { return t.flow.Steps[step].Do(ctx, s) })
}

func (t typed[S]) undo(ctx context.Context, step int, state []byte) ([]byte, error) {
	return t.call(state, func(s *S) error {
		if undo := t.flow.Steps[step].Undo; undo != nil {
			return undo(ctx, s)
		}
		return nil
	})
}

func (t typed[S]) failed(ctx context.Context, state []byte, why error) ([]byte, error) {
	return t.call(state, func(s *S) error {
		if t.flow.Failed != nil {
			return t.flow.Failed(ctx, s, why)
		}
		return nil
	})
}

// panicked is the error of a step that panicked; its stack is for the log only.
type panicked struct {
	value any
	stack []byte
}

func (p *panicked) Error() string { return fmt.Sprint("panic: ", p.value) }

// call runs fn over the decoded state and encodes what it became, also when fn fails: what a step noted before it failed
// helps to undo it. A panic is an error.
func (t typed[S]) call(state []byte, fn func(*S) error) (after []byte, err error) {
	var s S
	if err := json.Unmarshal(state, &s); err != nil {
		return state, fmt.Errorf("decode state: %w", err)
	}
	defer func() {
		if p := recover(); p != nil {
			after, err = state, &panicked{p, debug.Stack()}
		}
	}()
	failure := fn(&s)
	after, err = json.Marshal(s)
	if err != nil {
		return state, fmt.Errorf("encode state: %w", err)
	}
	return after, failure
}
