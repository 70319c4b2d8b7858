package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// lock is held by the one process that works on a data folder. The kernel lets go of it when the process dies, however it
// dies, so a stale one does not exist: what number a file names is believed only while the lock is held. It is one of an open
// file description (fcntl_locking(2)), which can be looked at without being taken.
type lock struct{ file *os.File }

// errRunning says that another process holds the lock.
var errRunning = errors.New("cumulet is already running on this data")

// lock takes the lock and writes the process's number beside it.
func (d dataDir) lock() (*lock, error) {
	return d.takeLock(func(f *os.File) error {
		err := flock(f, unix.F_OFD_SETLK, &unix.Flock_t{Type: unix.F_WRLCK})
		if errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EACCES) {
			return errRunning
		}
		return err
	})
}

// lockWhenFree waits for the lock. The wait is the kernel's; one given up leaves a goroutine that ends with the process, or
// lets go of the lock when it gets it.
func (d dataDir) lockWhenFree(ctx context.Context) (*lock, error) {
	type result struct {
		held *lock
		err  error
	}
	done := make(chan result)
	go func() {
		held, err := d.takeLock(func(f *os.File) error { return flock(f, unix.F_OFD_SETLKW, &unix.Flock_t{Type: unix.F_WRLCK}) })
		select {
		case done <- result{held, err}:
		case <-ctx.Done():
			if err == nil {
				held.release()
			}
		}
	}()
	select {
	case r := <-done:
		return r.held, r.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// takeLock opens the lock's file and takes it. Who waited while the file was wiped has one that nobody will look at, and
// takes the new one.
func (d dataDir) takeLock(take func(*os.File) error) (*lock, error) {
	for {
		f, err := os.OpenFile(d.pidFile(), os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			return nil, err
		}
		if err := take(f); err != nil {
			return nil, errors.Join(err, f.Close())
		}
		mine, err := f.Stat()
		if err != nil {
			return nil, errors.Join(err, f.Close())
		}
		if there, err := os.Stat(d.pidFile()); err != nil || !os.SameFile(mine, there) {
			_ = f.Close()
			continue
		}
		number := fmt.Sprintf("%-10d\n", os.Getpid()) // always as long, so that nobody reads half of two
		if _, err := f.WriteAt([]byte(number), 0); err != nil {
			return nil, errors.Join(err, f.Close())
		}
		return &lock{f}, f.Truncate(int64(len(number)))
	}
}

// share takes a part of the lock, as each process that runs some roles of the cloud does: they exclude who needs it whole.
func (d dataDir) share() (*lock, error) {
	f, err := os.OpenFile(d.pidFile(), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	err = flock(f, unix.F_OFD_SETLK, &unix.Flock_t{Type: unix.F_RDLCK})
	if errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EACCES) {
		err = errRunning
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &lock{f}, nil
}

func flock(f *os.File, command int, l *unix.Flock_t) error {
	for {
		if err := unix.FcntlFlock(f.Fd(), command, l); !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

func (l *lock) release() { _ = l.file.Close() } // closing lets go; nothing else can fail that matters

// errUnsettled says that the lock is held by a process that has not yet written its number, or by one that dies.
var errUnsettled = errors.New("the process that works on it has just begun or is just dying: try again")

// Between taking the lock and writing the number, and between the death of a process and the kernel's letting go of what it
// held, lies a moment, which is waited for.
const (
	settling = 3 * time.Second
	lookWait = 20 * time.Millisecond
)

// running is the number of the process that holds the lock, 0 when none does.
func (d dataDir) running() (int, error) {
	for deadline := time.Now().Add(settling); ; <-time.After(lookWait) {
		pid, err := d.holder()
		if !errors.Is(err, errUnsettled) || time.Now().After(deadline) {
			return pid, err
		}
	}
}

// holder is running, as it is at this moment.
func (d dataDir) holder() (int, error) {
	f, err := os.Open(d.pidFile())
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("look whether the cloud is up: %w", err)
	}
	defer f.Close()
	l := unix.Flock_t{Type: unix.F_WRLCK}
	if err := flock(f, unix.F_OFD_GETLK, &l); err != nil {
		return 0, fmt.Errorf("look whether the cloud is up: %s: %w", d.pidFile(), err)
	}
	switch l.Type {
	case unix.F_UNLCK:
		return 0, nil
	case unix.F_RDLCK:
		return 0, fmt.Errorf("roles of this cloud run in processes of their own (`cumulet run`) on %s: stop those first", d)
	}
	pid, err := readNumber(d.pidFile())
	if err != nil || !opened(pid, d.pidFile()) {
		return 0, errors.Join(fmt.Errorf("%s: %w", d, errUnsettled), err)
	}
	return pid, nil
}

// opened tells whether a process has the file open: between the taking of the lock and the writing of the number, the number
// is a dead process's, and may by now be that of one that has nothing to do with cumulet.
func opened(pid int, file string) bool {
	want, err := os.Stat(file)
	if err != nil {
		return false
	}
	fds, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
	if err != nil {
		return false
	}
	return slices.ContainsFunc(fds, func(fd string) bool {
		there, err := os.Stat(fd)
		return err == nil && os.SameFile(there, want)
	})
}

// readNumber reads a process's number from a file.
func readNumber(file string) (int, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return 0, err
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil || pid <= 1 {
		return 0, fmt.Errorf("%s names no process: %q", file, b)
	}
	return pid, nil
}
