package cache

import (
	"context"
	"errors"
	"io"
	"os"
)

// stretch is a part of a file. What it is copied to sees the file itself, so that the kernel can do the copying.
type stretch struct {
	io.Reader
	file *os.File
}

func (s *stretch) WriteTo(w io.Writer) (int64, error) { return io.Copy(w, s.Reader) }

func (s *stretch) Close() error { return s.file.Close() }

// reader reads a stretch of an image that is being filled. It has a file of its own, and so a place and a pace of its own.
type reader struct {
	ctx    context.Context // the request's: who waits for bits must notice that nobody waits for it
	fill   *fill
	file   *os.File
	offset int64
	left   int64
	direct io.ReadCloser // the store's own bits, once this host's disk has failed
}

// read makes a reader. The cache's lock is held, so that the file has its name still.
func (f *fill) read(ctx context.Context, offset, length int64) (io.ReadCloser, error) {
	file, err := openFile(f.path)
	if err != nil {
		return nil, err
	}
	if _, err := file.Seek(offset, io.SeekStart); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.readers++
	return &reader{ctx: ctx, fill: f, file: file, offset: offset, left: length}, nil
}

// began waits until the store gives the bits. That it refuses is told before the first byte, while a client can still be told.
func (f *fill) began(ctx context.Context) error {
	_, err := f.await(ctx, func() bool { return f.begun })
	return err
}

// await waits until something holds of the fill, and tells how far it has come. Where it ends before, why is the error.
func (f *fill) await(ctx context.Context, holds func() bool) (int64, error) {
	for {
		f.mu.Lock()
		done, have, over, err, more := holds(), f.have, f.over, f.err, f.more
		f.mu.Unlock()
		switch {
		case done:
			return have, nil
		case over:
			return have, err
		}
		select {
		case <-ctx.Done():
			return have, ctx.Err()
		case <-more:
		}
	}
}

func (r *reader) Read(p []byte) (int, error) {
	if r.left == 0 {
		return 0, io.EOF
	}
	from, most, err := r.source()
	if err != nil {
		return 0, err
	}
	n, err := from.Read(p[:min(int64(len(p)), most)])
	r.offset, r.left = r.offset+int64(n), r.left-int64(n)
	if errors.Is(err, io.EOF) && r.left > 0 {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// WriteTo has the kernel copy what has come, again and again until all has.
func (r *reader) WriteTo(w io.Writer) (int64, error) {
	var written int64
	for r.left > 0 {
		from, most, err := r.source()
		if err != nil {
			return written, err
		}
		n, err := io.Copy(w, io.LimitReader(from, most))
		written += n
		r.offset, r.left = r.offset+n, r.left-n
		if err == nil && n < most {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return written, err
		}
	}
	return written, nil
}

// source is what to read from, and how much of it.
func (r *reader) source() (io.Reader, int64, error) {
	if r.direct != nil {
		return r.direct, r.left, nil
	}
	// A fill that went wrong has still brought what came before that.
	have, err := r.fill.await(r.ctx, func() bool { return r.fill.have > r.offset })
	if _, disk := errors.AsType[diskError](err); disk {
		if r.direct, err = r.fill.cache.Fetch(r.ctx, r.fill.image, r.offset, r.left); err != nil {
			return nil, 0, err
		}
		return r.direct, r.left, nil
	}
	return r.file, min(have-r.offset, r.left), err
}

// Close leaves the fill, and ends one that is for nobody else.
func (r *reader) Close() error {
	err := r.file.Close()
	if r.direct != nil {
		err = errors.Join(err, r.direct.Close())
	}
	r.fill.mu.Lock()
	defer r.fill.mu.Unlock()
	if r.fill.readers--; r.fill.readers == 0 && r.fill.unwanted {
		r.fill.cancel()
	}
	return err
}
