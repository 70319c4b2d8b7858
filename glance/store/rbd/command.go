package rbd

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"

	"cumulet/glance/store"
)

// patience bounds commands that only look: rbd itself waits for minutes for a Ceph that is away.
const patience = time.Minute

// failure is a command that failed. rbd ends with the number of the error.
type failure struct {
	verb string
	code syscall.Errno
	said string
}

func (f *failure) Error() string { return fmt.Sprintf("rbd %s: %s: %s", f.verb, f.code, f.said) }

// failedWith tells whether a command failed by one of these.
func failedWith(err error, codes ...syscall.Errno) bool {
	var f *failure
	return errors.As(err, &f) && slices.Contains(codes, f.code)
}

// tail keeps the end of what a command complains.
type tail struct{ bytes.Buffer }

func (t *tail) Write(p []byte) (int, error) {
	const most = 4 << 10
	n, err := t.Buffer.Write(p)
	if over := t.Len() - most; over > 0 {
		t.Next(over)
	}
	return n, err
}

// command is rbd in the store's pool. No secret is among the arguments: the user's key is found by the configuration file.
func (s *Store) command(ctx context.Context, words []string, options ...string) (*exec.Cmd, *tail) {
	arguments := slices.Concat([]string{"--conf", s.Conf}, words, options)
	if s.User != "" {
		arguments = append([]string{"--id", s.User}, arguments...)
	}
	c, said := exec.CommandContext(ctx, "rbd", arguments...), &tail{}
	c.Stderr = said
	return c, said
}

// ended is how a command ended.
func ended(verb string, err error, said *tail) error {
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.Exited() {
		return &failure{verb: verb, code: syscall.Errno(exit.ExitCode()), said: strings.TrimSpace(said.String())}
	}
	return err
}

// do runs a command of the pool.
func (s *Store) do(ctx context.Context, words string, options ...string) ([]byte, error) {
	c, said := s.command(ctx, strings.Fields(words), append([]string{"--pool", s.Pool}, options...)...)
	out, err := c.Output()
	if ctx.Err() != nil {
		return nil, fmt.Errorf("rbd %s: %w", words, ctx.Err())
	}
	return out, ended(words, err, said)
}

// ask runs a command that looks, and reads what it prints.
func (s *Store) ask(ctx context.Context, into any, words string, options ...string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	out, err := s.do(ctx, words, append(options, "--format", "json")...)
	if err != nil {
		return err
	}
	return json.Unmarshal(out, into)
}

// failed words an error of Ceph's.
func (s *Store) failed(ctx context.Context, verb, key string, err error) error {
	var f *failure
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("%s %q in store %q: %w", verb, key, s.StoreName, errors.Join(ctx.Err(), err))
	case failedWith(err, syscall.ENOENT):
		return store.NotFound(s.StoreName, key).Because(err)
	case failedWith(err, syscall.ENOSPC, syscall.EDQUOT):
		return store.Full("the pool takes no more.").Because(err)
	case failedWith(err, syscall.ETIMEDOUT, syscall.ECONNREFUSED), errors.Is(err, context.DeadlineExceeded), !errors.As(err, &f):
		return store.Away(s.StoreName, err)
	}
	return fmt.Errorf("%s %q in store %q: %w", verb, key, s.StoreName, err)
}
