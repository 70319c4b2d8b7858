package policy

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"
)

// settled is how long a file must have been left alone before it is read: who writes it may be half done.
const settled = 100 * time.Millisecond

// Follow lays an operator's policy.yaml over the rules of e, now and whenever it changes, until what it returns is closed. A file that
// is wrong now is an error. One that is wrong or gone later is told to log, with its line, and the rules stay as they are.
func (e *Enforcer) Follow(file string, log *slog.Logger) (io.Closer, error) {
	f := &follower{of: e, defaults: e.inForce.Load(), file: file, log: log, ended: make(chan struct{})}
	var err error
	if f.watch, err = fsnotify.NewWatcher(); err != nil {
		return nil, fmt.Errorf("watch policy: %w", err)
	}
	// Its folder is watched, since editors and configuration managers put another file in its place. First, so that no change is missed.
	err = f.watch.Add(filepath.Dir(file))
	if err == nil {
		_, err = f.read()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("policy: %w", err), f.watch.Close())
	}
	go f.run()
	return f, nil
}

// follower reads a file again when it has changed.
type follower struct {
	of       *Enforcer
	defaults *ruleSet
	file     string
	text     []byte // as it was read last, right or wrong
	log      *slog.Logger
	watch    *fsnotify.Watcher
	ended    chan struct{}
}

// read takes the file's rules over, and tells whether they are others than before.
func (f *follower) read() (changed bool, err error) {
	text, err := os.ReadFile(f.file)
	if err != nil || bytes.Equal(text, f.text) { // nothing read is as nothing said
		return false, err
	}
	f.text = text
	set, err := f.defaults.under(f.file, text)
	if err != nil {
		return false, err
	}
	f.of.inForce.Store(set)
	return true, nil
}

func (f *follower) run() {
	defer close(f.ended)
	quiet := time.NewTimer(0)
	<-quiet.C
	defer quiet.Stop()
	for {
		select {
		case _, more := <-f.watch.Events:
			if !more {
				return
			}
			quiet.Reset(settled)
		case err, more := <-f.watch.Errors: // events may have been lost
			if !more {
				return
			}
			f.log.Warn("the watch over the policy file tells of an error", "file", f.file, "error", err)
			quiet.Reset(settled)
		case <-quiet.C:
			changed, err := f.read()
			if err != nil {
				f.log.Error("the policy file is not taken, the rules stay as they were", "file", f.file, "error", err)
			}
			if changed {
				f.log.Info("policy was read again", "file", f.file)
			}
		}
	}
}

// Close ends the watch; the rules stay.
func (f *follower) Close() error {
	err := f.watch.Close()
	<-f.ended
	return err
}
