package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"time"
)

type downCommand struct{}

// Run stops the cloud and waits until it has; where its process died before, it clears away what that left.
func (downCommand) Run(ctx context.Context, c *commands) error {
	held, err := stopCloud(ctx, dataDir(c.Data))
	if err != nil || held == nil {
		return err
	}
	held.release()
	return nil
}

type wipeCommand struct{}

// Run stops the cloud and removes its data.
func (wipeCommand) Run(ctx context.Context, c *commands) error {
	d := dataDir(c.Data)
	held, err := stopCloud(ctx, d)
	if err != nil || held == nil {
		return err
	}
	defer held.release()
	return d.remove()
}

// stopTimeout bounds how long `down` waits: for requests and roles, then for guests.
const stopTimeout = drainTimeoutMost + rolesTimeout + guestGrace + time.Minute

// stopCloud stops what runs on a data folder, and gives its lock, so that nothing begins there meanwhile; nil when nothing was
// ever started there.
func stopCloud(ctx context.Context, d dataDir) (*lock, error) {
	if !d.begun() {
		fmt.Printf("No cloud was started in %s.\n", d)
		return nil, nil
	}
	pid, err := d.running()
	if errors.Is(err, fs.ErrPermission) {
		return nil, fmt.Errorf("the cloud in %s is another user's: use sudo (%w)", d, err)
	}
	if err != nil {
		return nil, err
	}
	if pid == 0 {
		fmt.Println("The cloud is not up.")
	} else if err := askToStop(pid); err != nil {
		return nil, err
	}
	waiting, cancel := context.WithTimeout(ctx, stopTimeout)
	defer cancel()
	held, err := d.lockWhenFree(waiting)
	switch {
	case ctx.Err() != nil:
		return nil, errors.New("not waited for: the cloud goes on stopping by itself")
	case errors.Is(err, context.DeadlineExceeded):
		return nil, fmt.Errorf("process %d did not stop within %s: see the end of %s; `kill -9 %d` and another `cumulet down` end it by force", pid, stopTimeout, d.log(), pid)
	case err != nil:
		return nil, err
	}
	if err := clearHosts(ctx, d); err != nil {
		held.release()
		return nil, fmt.Errorf("clear away what is left of the cloud: %w", err)
	}
	return held, nil
}

// askToStop tells the cloud's process to stop.
func askToStop(pid int) error {
	fmt.Printf("Stopping the cloud (process %d).\n", pid)
	process, err := os.FindProcess(pid)
	if err != nil {
		return err
	}
	if err := process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop process %d (are you root?): %w", pid, err)
	}
	return nil
}
