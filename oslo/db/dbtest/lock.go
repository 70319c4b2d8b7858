package dbtest

import (
	"errors"
	"fmt"
	"syscall"
)

// lock locks a file until the descriptor is closed, by the process's end at the latest.
func lock(path string, how int) (descriptor int, err error) {
	fd, err := syscall.Open(path, syscall.O_RDWR|syscall.O_CREAT|syscall.O_CLOEXEC, 0o600)
	if err != nil {
		return 0, fmt.Errorf("open %s: %w", path, err)
	}
	for err = syscall.EINTR; errors.Is(err, syscall.EINTR); {
		err = syscall.Flock(fd, how)
	}
	if err != nil {
		return 0, errors.Join(fmt.Errorf("lock %s: %w", path, err), syscall.Close(fd))
	}
	return fd, nil
}
