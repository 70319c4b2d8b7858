package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// start is how a cloud of one host with fake drivers starts, and what it then takes.
type start struct {
	cold, warm time.Duration // from `cumulet up` to all APIs answering, at first start and at the next
	idle       int64         // PSS in bytes when nothing is asked
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
	select {
	case <-time.After(5 * time.Second): // so that what a start leaves to do is done
	case <-ctx.Done():
		return s, ctx.Err()
	}
	if s.idle, err = c.pss(); err != nil {
		return s, fmt.Errorf("memory of the idle cloud: %w", err)
	}
	return s, nil
}
