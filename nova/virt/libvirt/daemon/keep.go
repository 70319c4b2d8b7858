package daemon

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// What ended is brought back at once; after that, and after each failure, Keep pauses, the longer the more failed in a row.
const (
	firstPause = time.Second
	lastPause  = 30 * time.Second
)

// Keep brings back each of the two that ends, until ctx does. Guests run on meanwhile; libvirtd finds them again.
func (d *Daemon) Keep(ctx context.Context) error {
	for pause := firstPause; ; {
		if err := d.gone(ctx); err != nil {
			d.options.Log.WarnContext(ctx, "the hypervisor's daemons cannot be watched", "error", err)
		}
		if ctx.Err() != nil {
			return nil
		}
		d.options.Log.WarnContext(ctx, "a daemon of the hypervisor ended: it is started anew", "state", d.options.StateDir)
		err := d.revive(ctx)
		if err == nil {
			pause = firstPause
		} else if ctx.Err() == nil {
			d.options.Log.ErrorContext(ctx, "the hypervisor cannot be started anew", "error", err, "pause", pause)
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil
		}
		if err != nil {
			pause = min(2*pause, lastPause)
		}
	}
}

// reviveTimeout bounds one attempt.
const reviveTimeout = time.Minute

func (d *Daemon) revive(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, reviveTimeout)
	defer cancel()
	return d.bring(ctx)
}

// gone returns when one of the daemons does not run, or ctx has ended.
func (d *Daemon) gone(ctx context.Context) error {
	all, err := processes(d.options.StateDir)
	if err != nil {
		return err
	}
	running := slices.DeleteFunc(all, func(p process) bool {
		if p.isDaemon() {
			return false
		}
		p.close()
		return true
	})
	ctx, stop := context.WithCancel(ctx)
	ended := make(chan error, len(running))
	var watching sync.WaitGroup
	for _, p := range running {
		watching.Go(func() { ended <- p.ended(ctx) })
	}
	defer watching.Wait()
	defer stop()
	if len(running) < len(daemons) {
		return nil
	}
	return <-ended
}

// ended returns when the process has, or ctx. It closes the process.
func (p process) ended(ctx context.Context) error {
	if err := unix.SetNonblock(p.fd, true); err != nil { // else the runtime does not wait for it
		p.close()
		return fmt.Errorf("watch process %d (%s): %w", p.pid, p.program, err)
	}
	file := os.NewFile(uintptr(p.fd), p.program)
	defer file.Close()
	stop := context.AfterFunc(ctx, func() { _ = file.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	raw, err := file.SyscallConn()
	if err != nil {
		return err
	}
	err = raw.Read(func(fd uintptr) bool {
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 0)
		return n > 0 || err != nil && !errors.Is(err, unix.EINTR)
	})
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("watch process %d (%s): %w", p.pid, p.program, err)
	}
	return nil
}
