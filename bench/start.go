package main

import (
	"context"
	"errors"
	"time"
)

// start is how a cloud of one host with fake drivers starts, and what it then takes.
type start struct {
	cold, warm time.Duration // from `cumulet up` to all APIs answering, at first start and at the next
	idle       int64         // PSS in bytes when nothing is asked
	busy       float64       // of one processor, then
}

// measureStart starts one, and again: a first start makes databases, accounts and keys, the second one does not.
func measureStart(ctx context.Context, binary string) (s start, err error) {
	say("measuring starts")
	began := time.Now()
	c, err := startCloud(ctx, binary, "fake", 1, "")
	if err != nil {
		return s, err
	}
	s.cold = time.Since(began)
	defer func() { err = errors.Join(err, c.wipe()) }()
	if err := c.command(ctx, "down"); err != nil {
		return s, err
	}
	began = time.Now()
	if err := c.up(ctx, "--no-image"); err != nil {
		return s, err
	}
	s.warm = time.Since(began)
	s.idle, s.busy, err = idle(ctx, c.process)
	return s, err
}

// idle leaves a process alone for a while and tells what it takes: bytes of memory, and how much of one processor.
func idle(ctx context.Context, p process) (memory int64, busy float64, err error) {
	const span = 10 * time.Second // the period of heartbeats
	before, err := p.cpu()
	if err != nil {
		return 0, 0, err
	}
	select {
	case <-time.After(span):
	case <-ctx.Done():
		return 0, 0, ctx.Err()
	}
	after, err := p.cpu()
	if err != nil {
		return 0, 0, err
	}
	memory, err = p.pss()
	return memory, float64(after-before) / float64(span), err
}
