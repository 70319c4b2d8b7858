package file

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"net/url"
	"os"
	"path/filepath"
	"syscall"

	"cumulet/glance/store"
)

// Store keeps bits as files in Dir.
type Store struct {
	StoreName string
	Dir       string
	// Reserve bytes of the file system's free space are never taken.
	Reserve int64
	// Free tells the free bytes of a folder's file system; the file system itself is asked when nil.
	Free func(dir string) (int64, error)
}

// chunk is how many bytes are written between two looks at the free space.
const chunk = 16 << 20

const partial = ".partial"

// Prepare makes the folders.
func (s *Store) Prepare() error {
	return os.MkdirAll(filepath.Join(s.Dir, partial), 0o750)
}

// Name is how the cloud calls this store.
func (s *Store) Name() string { return s.StoreName }

// Kind is "file".
func (s *Store) Kind() string { return "file" }

// Properties are the folder and how it is written, as glance/api/v2/discovery.py, _get_file_properties.
func (s *Store) Properties() map[string]any {
	return map[string]any{"data_dir": s.Dir, "chunk_size": 65536, "thin_provisioning": false}
}

func (s *Store) path(key string) (string, error) {
	if !store.IsKey(key) {
		return "", store.NoKey(s.StoreName, key)
	}
	return filepath.Join(s.Dir, key), nil
}

// URL is the file's path.
func (s *Store) URL(key string) string {
	return (&url.URL{Scheme: "file", Path: filepath.Join(s.Dir, key)}).String()
}

// Put writes bits aside and gives them their name once they are on the disk.
func (s *Store) Put(ctx context.Context, key string, r io.Reader, size int64) (n int64, err error) {
	if _, err := s.path(key); err != nil {
		return 0, err
	}
	if err := s.room(max(size, 0)); err != nil {
		return 0, err
	}
	d, err := s.Draft(key)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	if n, err = d.Fill(ctx, r); err != nil {
		return n, err
	}
	return n, d.Keep()
}

// copy writes by chunks, looking before each that there is room, and whether anybody still wants it.
func (s *Store) copy(ctx context.Context, f *os.File, r io.Reader) (int64, error) {
	var n int64
	for {
		if err := ctx.Err(); err != nil {
			return n, err
		}
		if err := s.room(0); err != nil {
			return n, err
		}
		m, err := io.CopyN(f, r, chunk)
		n += m
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil {
			return n, err
		}
	}
}

// Left is how many bytes may still come.
func (s *Store) Left() (int64, error) {
	look := s.Free
	if look == nil {
		look = free
	}
	left, err := look(s.Dir)
	if err != nil {
		return 0, fmt.Errorf("look for free space of store %q: %w", s.StoreName, err)
	}
	return left - s.Reserve, nil
}

// room refuses when size more bytes would take of the reserve.
func (s *Store) room(size int64) error {
	left, err := s.Left()
	if err != nil {
		return err
	}
	if left < size {
		return store.Full("There is not enough disk space on the image storage media.")
	}
	return nil
}

func free(dir string) (int64, error) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		return 0, err
	}
	return int64(st.Bavail) * st.Bsize, nil
}

// failed words an error of the file system; the full ones are the store's own fault.
func (s *Store) failed(verb, key string, err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EFBIG) {
		return store.Full("There is not enough disk space on the image storage media.").Because(err)
	}
	return fmt.Errorf("%s %q in store %q: %w", verb, key, s.StoreName, err)
}

func (s *Store) syncDir() error {
	d, err := os.Open(s.Dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Open opens a file at an offset.
func (s *Store) Open(_ context.Context, key string, offset, length int64) (io.ReadCloser, error) {
	path, err := s.path(key)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, store.NotFound(s.StoreName, key)
	}
	if err != nil {
		return nil, s.failed("open", key, err)
	}
	if _, err := f.Seek(offset, io.SeekStart); err != nil {
		return nil, errors.Join(s.failed("seek", key, err), f.Close())
	}
	if length < 0 {
		return f, nil
	}
	return &part{Reader: io.LimitReader(f, length), file: f}, nil
}

// part is a stretch of a file. What it is copied to sees the file itself, so that the kernel can do the copying.
type part struct {
	io.Reader
	file *os.File
}

func (p *part) WriteTo(w io.Writer) (int64, error) { return io.Copy(w, p.Reader) }

func (p *part) Close() error { return p.file.Close() }

// Size is the file's size.
func (s *Store) Size(_ context.Context, key string) (int64, error) {
	path, err := s.path(key)
	if err != nil {
		return 0, err
	}
	st, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, store.NotFound(s.StoreName, key)
	}
	if err != nil {
		return 0, s.failed("look at", key, err)
	}
	return st.Size(), nil
}

// Delete removes a file, and what was written of it aside.
func (s *Store) Delete(_ context.Context, key string) error {
	path, err := s.path(key)
	if err != nil {
		return err
	}
	err = errors.Join(ignore(os.Remove(path), fs.ErrNotExist),
		ignore(os.Remove(filepath.Join(s.Dir, partial, key)), fs.ErrNotExist))
	if err != nil {
		return s.failed("delete", key, err)
	}
	return nil
}

// Keys lists the files, the half-written ones too. What is not named as a key is not the store's and left alone.
func (s *Store) Keys(ctx context.Context) iter.Seq2[store.Key, error] {
	return func(yield func(store.Key, error) bool) {
		for _, dir := range []string{s.Dir, filepath.Join(s.Dir, partial)} {
			entries, err := os.ReadDir(dir)
			if err != nil {
				yield(store.Key{}, s.failed("list", dir, err))
				return
			}
			for _, e := range entries {
				if !e.Type().IsRegular() || !store.IsKey(e.Name()) || ctx.Err() != nil {
					continue
				}
				info, err := e.Info()
				if errors.Is(err, fs.ErrNotExist) {
					continue
				}
				if err != nil {
					yield(store.Key{}, s.failed("look at", e.Name(), err))
					return
				}
				if !yield(store.Key{Name: e.Name(), Written: info.ModTime()}, nil) {
					return
				}
			}
		}
	}
}

func ignore(err, which error) error {
	if errors.Is(err, which) {
		return nil
	}
	return err
}
