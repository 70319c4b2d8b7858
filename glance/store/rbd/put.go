package rbd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"syscall"
	"time"

	"cumulet/glance/store"
)

// tidy bounds what is done for an upload that was broken off.
const tidy = time.Minute

// Put has rbd import what comes, and then makes the snapshot that says that it is whole.
func (s *Store) Put(ctx context.Context, key string, r io.Reader, _ int64) (int64, error) {
	image, err := s.image(key)
	if err != nil {
		return 0, err
	}
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	from := &sender{ctx: ctx, from: r}
	err = s.load(ctx, image, from)
	if failedWith(err, syscall.EEXIST) {
		return 0, store.Taken(s.StoreName, key)
	}
	if err == nil {
		err = s.seal(ctx, image)
	}
	if err == nil {
		return from.count, nil
	}
	if from.err != nil {
		err = fmt.Errorf("read bits of %q: %w", key, from.err)
	} else {
		err = s.failed(ctx, "put", key, err)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tidy)
	defer cancel()
	return from.count, errors.Join(err, s.destroy(ctx, "rm", "--image", image))
}

// load feeds the command. When the sender breaks off, the command is let end as if it had all: were it killed, Ceph would
// take it for alive for half a minute, and not have the image removed.
func (s *Store) load(ctx context.Context, image string, from *sender) error {
	life, kill := context.WithCancel(context.WithoutCancel(ctx))
	defer kill()
	c, said := s.command(life, []string{"import"}, "--dest-pool", s.Pool, "--dest", image,
		"--object-size", fmt.Sprintf("%dM", s.ObjectSize), "--no-progress", "-")
	in, err := c.StdinPipe()
	if err != nil {
		return err
	}
	if err := c.Start(); err != nil {
		return err
	}
	// Unasked for any more, nothing more is fed; a Ceph that does not take what it was fed is not waited for.
	stop := context.AfterFunc(ctx, func() {
		in.Close()
		time.AfterFunc(tidy, kill)
	})
	defer stop()
	_, err = io.Copy(in, from)
	in.Close()
	if failed := ended("import", c.Wait(), said); failed != nil {
		return failed
	}
	return errors.Join(from.err, err, ctx.Err())
}

// seal makes the snapshot. Protected, it can be cloned.
func (s *Store) seal(ctx context.Context, image string) error {
	if _, err := s.do(ctx, "snap create", "--image", image, "--snap", snapshot, "--no-progress"); err != nil {
		return err
	}
	_, err := s.do(ctx, "snap protect", "--image", image, "--snap", snapshot)
	return err
}

// sender is a stream into the command, counted.
type sender struct {
	ctx   context.Context //nolint:containedctx // that of the one upload
	from  io.Reader
	count int64
	err   error
}

func (s *sender) Read(p []byte) (int, error) {
	if s.err = s.ctx.Err(); s.err != nil {
		return 0, s.err
	}
	n, err := s.from.Read(p)
	s.count += int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}
