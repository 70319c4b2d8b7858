package netns

import (
	"fmt"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// Do runs fn on an operating system thread inside the namespace and waits for it. Goroutines that fn starts run outside;
// commands that it starts, and sockets that it opens, are inside.
func Do(name string, fn func() error) error {
	if name == "" {
		return fn()
	}
	target, err := unix.Open(Path(name), unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open namespace %q: %w", name, err)
	}
	defer unix.Close(target)
	return onThread(func() error {
		if err := unix.Setns(target, unix.CLONE_NEWNET); err != nil {
			return fmt.Errorf("enter namespace %q: %w", name, err)
		}
		return fn()
	})
}

// onThread runs fn on a thread of its own and brings the thread back to its namespace. A thread that does not come back
// is discarded: the runtime ends it with its goroutine as long as that is locked to it.
func onThread(fn func() error) error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		home, err := unix.Open(threadPath(), unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err != nil {
			runtime.UnlockOSThread()
			done <- err
			return
		}
		defer unix.Close(home)
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("panic inside a namespace: %v", p)
			}
			if back := unix.Setns(home, unix.CLONE_NEWNET); back == nil {
				runtime.UnlockOSThread()
			}
			done <- err
		}()
		err = fn()
	}()
	return <-done
}

// threadPath is the namespace of the calling thread; /proc/self would be that of the process's first one.
func threadPath() string {
	return fmt.Sprintf("/proc/%d/task/%d/ns/net", os.Getpid(), unix.Gettid())
}
