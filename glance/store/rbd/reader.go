package rbd

import (
	"context"
	"errors"
	"io"
	"os/exec"
	"time"

	"cumulet/glance/store"
)

// reader is an image on its way out of Ceph.
type reader struct {
	store  *Store
	ctx    context.Context //nolint:containedctx // the reader's own, as the command's is
	key    string
	id     string
	opened time.Time
	out    io.ReadCloser
	said   *tail
	export *exec.Cmd
	left   int64
}

func (s *Store) export(ctx context.Context, key, image string, i info) (*reader, error) {
	c, said := s.command(ctx, []string{"export"}, "--pool", s.Pool, "--image", image, "--snap", snapshot, "--no-progress", "-")
	out, err := c.StdoutPipe()
	if err != nil {
		return nil, err
	}
	r := &reader{store: s, ctx: ctx, key: key, id: i.ID, opened: time.Now(), out: out, said: said, export: c}
	if err := c.Start(); err != nil {
		return nil, s.failed(ctx, "open", key, err)
	}
	return r, nil
}

// Read gives what is exported. The last bytes are given only when it is sure that they all were the image's.
func (r *reader) Read(p []byte) (int, error) {
	if r.left == 0 {
		return 0, io.EOF
	}
	n, err := r.out.Read(p[:min(int64(len(p)), r.left)])
	if r.left -= int64(n); r.left == 0 {
		if err := r.confirm(); err != nil {
			return 0, err
		}
		return n, nil
	}
	if errors.Is(err, io.EOF) {
		err = errors.Join(io.ErrUnexpectedEOF, ended("export", r.export.Wait(), r.said))
	}
	if err != nil {
		return n, r.store.failed(r.ctx, "read", r.key, err)
	}
	return n, nil
}

// confirm looks whether an image that was long read is still there, at least in the trash: what was removed reads as zeros.
func (r *reader) confirm() error {
	if time.Since(r.opened) < r.store.Grace {
		return nil
	}
	var i info
	if err := r.store.ask(r.ctx, &i, "info", "--image-id", r.id, "--snap", snapshot); err != nil {
		return store.Away(r.store.StoreName, err)
	}
	return nil
}

// Close ends the export, wherever it is.
func (r *reader) Close() error {
	if r.export.ProcessState == nil {
		r.export.Process.Kill() //nolint:errcheck // it may have ended by itself
		r.export.Wait()         //nolint:errcheck // that it was killed is no news
	}
	return nil
}
