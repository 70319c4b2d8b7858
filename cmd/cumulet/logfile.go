package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// logFile is the log of a cloud in the background. When it has grown to max bytes it is set aside as FILE.1, what was that as
// FILE.2, and so on; keep of them stay.
type logFile struct {
	path string
	max  int64 // never when zero
	keep int
	// outputs are the file descriptors of this process that shall lead into the log as well: what the runtime says of a panic.
	outputs []int

	mu   sync.Mutex
	file *os.File
	size int64
}

// open begins to write behind what is there.
func (l *logFile) open() error {
	f, err := os.OpenFile(l.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		return errors.Join(err, f.Close())
	}
	for _, fd := range l.outputs {
		if err := unix.Dup3(int(f.Fd()), fd, 0); err != nil {
			return errors.Join(fmt.Errorf("lead output into the log: %w", err), f.Close())
		}
	}
	l.file, l.size = f, info.Size()
	return nil
}

// Write writes one entry, never parted over two files.
func (l *logFile) Write(entry []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.max > 0 && l.size > 0 && l.size+int64(len(entry)) > l.max {
		if err := l.turn(); err != nil {
			return 0, err
		}
	}
	n, err := l.file.Write(entry)
	l.size += int64(n)
	return n, err
}

// turn sets the file aside and begins a new one.
func (l *logFile) turn() error {
	for i := l.keep; i > 0; i-- {
		older, newer := fmt.Sprintf("%s.%d", l.path, i), l.path
		if i > 1 {
			newer = fmt.Sprintf("%s.%d", l.path, i-1)
		}
		if err := os.Rename(newer, older); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if l.keep == 0 {
		if err := os.Remove(l.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	old := l.file
	if err := l.open(); err != nil {
		return err
	}
	return old.Close()
}

// Close ends it.
func (l *logFile) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.file.Close()
}
