package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
)

func TestLockIsHeldByOne(t *testing.T) {
	t.Parallel()
	d := newData(t)
	if pid, err := d.running(); pid != 0 || err != nil {
		t.Errorf("before the first start runs %d (%v)", pid, err)
	}
	held, err := d.lock()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.lock(); !errors.Is(err, errRunning) {
		t.Errorf("a second gets %v", err)
	}
	for range 2 { // looking does not take it
		if pid, err := d.running(); pid != os.Getpid() || err != nil {
			t.Errorf("running is %d (%v), I am %d", pid, err, os.Getpid())
		}
	}
	held.release()
	if pid, err := d.running(); pid != 0 || err != nil {
		t.Errorf("after the release runs %d (%v)", pid, err)
	}
}

func TestStaleNumberNamesNobody(t *testing.T) {
	t.Parallel()
	d := newData(t)
	for _, left := range []string{fmt.Sprintln(os.Getppid()), "1234567890123456789012345\nmore", "no number", ""} {
		if err := os.WriteFile(d.pidFile(), []byte(left), 0o600); err != nil {
			t.Fatal(err)
		}
		if pid, err := d.running(); pid != 0 || err != nil {
			t.Errorf("with %q left running is %d (%v)", left, pid, err)
		}
		held, err := d.lock()
		if err != nil {
			t.Fatal(err)
		}
		if pid, err := d.running(); pid != os.Getpid() || err != nil {
			t.Errorf("over %q running is %d (%v)", left, pid, err)
		}
		held.release()
	}
}

func TestNumberOfAProcessThatDoesNotWorkHereIsNotTold(t *testing.T) {
	t.Parallel()
	d := newData(t)
	held, err := d.lock()
	if err != nil {
		t.Fatal(err)
	}
	defer held.release()
	// as it is between the taking of the lock and the writing of the number
	if err := os.WriteFile(d.pidFile(), []byte("2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if pid, err := d.running(); err == nil {
		t.Errorf("running is %d, which would be stopped", pid)
	}
	// a process that dies is waited for
	go held.release()
	if pid, err := d.running(); pid != 0 || err != nil {
		t.Errorf("after the end of who held it running is %d, %v", pid, err)
	}
}

func TestLockIsWaitedFor(t *testing.T) {
	t.Parallel()
	d := newData(t)
	held, err := d.lock()
	if err != nil {
		t.Fatal(err)
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := d.lockWhenFree(over); !errors.Is(err, context.Canceled) {
		t.Errorf("a wait given up gives %v", err)
	}
	type result struct {
		held *lock
		err  error
	}
	got := make(chan result)
	go func() {
		held, err := d.lockWhenFree(t.Context())
		got <- result{held, err}
	}()
	if err := os.Remove(d.pidFile()); err != nil { // wiped meanwhile
		t.Fatal(err)
	}
	held.release()
	r := <-got
	if r.err != nil {
		t.Fatal(r.err)
	}
	defer r.held.release()
	if pid, err := d.running(); pid != os.Getpid() || err != nil {
		t.Errorf("who waited does not hold it: running is %d (%v)", pid, err)
	}
}

func TestReadinessIsThatOfTheProcessThatRuns(t *testing.T) {
	t.Parallel()
	d := newData(t)
	if d.isReady(os.Getpid()) {
		t.Error("ready before it is said")
	}
	if err := d.markReady(); err != nil {
		t.Fatal(err)
	}
	if !d.isReady(os.Getpid()) || d.isReady(os.Getpid()+1) {
		t.Error("ready is not the process that said it")
	}
}
