package service

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"cumulet/oslo/telemetry"
)

// A role that fails pauses this long before it starts anew; each failure doubles the pause, a longer run resets it.
const (
	firstPause = time.Second
	lastPause  = 30 * time.Second
)

// groupState is the roles that were started, in that order.
type groupState struct {
	mu    sync.Mutex
	roles []*runningRole
}

// runningRole is one role under supervision.
type runningRole struct {
	role   Role
	log    *slog.Logger
	cancel context.CancelFunc
	ready  chan struct{} // closed at the first readiness
	ended  chan struct{} // closed when supervision is over
	err    error         // why the first run failed; read after ended

	mu     sync.Mutex
	serves bool
	began  bool // it was ready once
}

func (g *Group) start(ctx context.Context, role Role) error {
	own, cancel := context.WithCancel(telemetry.WithRole(context.WithoutCancel(ctx), role.Name))
	r := &runningRole{
		role: role, log: logger(g.Log).With("role", role.Name), cancel: cancel,
		ready: make(chan struct{}), ended: make(chan struct{}),
	}
	g.add(r)
	go r.supervise(own)
	select {
	case <-r.ready:
		return nil
	case <-r.ended:
		cancel()
		g.remove(r)
		return fmt.Errorf("start %s: %w", role.Name, r.err)
	case <-ctx.Done():
		cancel()
		<-r.ended
		g.remove(r)
		return fmt.Errorf("start %s: %w", role.Name, ctx.Err())
	}
}

func (g *Group) add(r *runningRole) {
	g.state.mu.Lock()
	defer g.state.mu.Unlock()
	g.state.roles = append(g.state.roles, r)
}

func (g *Group) remove(r *runningRole) {
	g.state.mu.Lock()
	defer g.state.mu.Unlock()
	g.state.roles = slices.DeleteFunc(g.state.roles, func(other *runningRole) bool { return other == r })
}

func (g *Group) ready() map[string]bool {
	g.state.mu.Lock()
	defer g.state.mu.Unlock()
	serves := make(map[string]bool, len(g.state.roles))
	for _, r := range g.state.roles {
		serves[r.role.Name] = r.isServing()
	}
	return serves
}

func (g *Group) stop(ctx context.Context) error {
	g.state.mu.Lock()
	roles := g.state.roles
	g.state.roles = nil
	g.state.mu.Unlock()
	var errs []error
	for i := len(roles) - 1; i >= 0; i-- {
		r := roles[i]
		r.cancel()
		select {
		case <-r.ended:
		case <-ctx.Done():
			errs = append(errs, fmt.Errorf("stop %s: %w", r.role.Name, ctx.Err()))
		}
	}
	return errors.Join(errs...)
}

// supervise runs the role again and again until ctx ends or its first run fails.
func (r *runningRole) supervise(ctx context.Context) {
	defer close(r.ended)
	pause := firstPause
	for {
		began := time.Now()
		err := r.once(ctx)
		if ctx.Err() != nil {
			if err != nil && !errors.Is(err, context.Canceled) {
				r.log.ErrorContext(ctx, "role stopped with an error", "error", err)
			}
			r.err = ctx.Err() // for a start that still waits
			return
		}
		if err == nil {
			err = errors.New("it ended by itself")
		}
		if !r.hasBegun() {
			r.err = err
			return
		}
		if time.Since(began) > lastPause {
			pause = firstPause
		}
		r.log.ErrorContext(ctx, "role failed, starts anew", "error", err, "pause", pause)
		if !wait(ctx, pause) {
			return
		}
		pause = min(2*pause, lastPause)
	}
}

// once runs the role until it ends; a panic is an error like others.
func (r *runningRole) once(ctx context.Context) (err error) {
	defer r.serve(false)
	defer caught(&err)
	return r.role.Run(ctx, func() { r.serve(true) })
}

func (r *runningRole) serve(serves bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.serves = serves
	if serves && !r.began {
		r.began = true
		close(r.ready)
	}
}

func (r *runningRole) isServing() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.serves
}

func (r *runningRole) hasBegun() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.began
}

// caught turns a panic into an error that holds its stack; it is deferred.
func caught(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
	}
}

// wait tells whether the pause passed before ctx ended.
func wait(ctx context.Context, pause time.Duration) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

func logger(l *slog.Logger) *slog.Logger {
	if l == nil {
		return slog.Default()
	}
	return l
}
