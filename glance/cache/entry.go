package cache

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"syscall"
	"time"
)

// Entry is an image that is here whole.
type Entry struct {
	ImageID  string
	Size     int64 // in bytes
	Hits     int   // readings since the process began
	Accessed time.Time
	Modified time.Time

	name string // of its file
}

// incomplete is the folder for what is being filled.
const incomplete = "incomplete"

// form is how files are called: the image's id, a dot, the digest.
var form = regexp.MustCompile(`^([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})\.[0-9a-f]{32,128}$`)

// Prepare makes the folders, removes what a process that died was filling, and finds what is whole. What is not named as an
// entry is somebody else's and stays.
func (c *Cache) Prepare() error {
	c.whole, c.filling, c.running = map[string]*Entry{}, map[string]*fill{}, map[*fill]struct{}{}
	aside := filepath.Join(c.Dir, incomplete)
	if err := os.MkdirAll(aside, 0o750); err != nil {
		return err
	}
	if err := c.removeStrays(time.Time{}); err != nil {
		return err
	}
	files, err := os.ReadDir(c.Dir)
	if err != nil {
		return err
	}
	for _, f := range files {
		id := form.FindStringSubmatch(f.Name())
		if id == nil || !f.Type().IsRegular() {
			continue
		}
		info, err := f.Info()
		if err != nil {
			return err
		}
		found := &Entry{name: f.Name(), ImageID: id[1], Size: info.Size(), Accessed: accessed(info), Modified: info.ModTime()}
		if older := c.whole[id[1]]; older != nil {
			c.drop(older) // of two images that had one id, at most one is there; which one, the next reading tells
		}
		c.whole[id[1]] = found
	}
	c.room(0)
	return nil
}

func accessed(info fs.FileInfo) time.Time {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return time.Unix(st.Atim.Unix())
	}
	return info.ModTime()
}

// removeStrays removes what lies in the folder of incomplete files, is being filled by nobody, and was last written before a
// time; whenever that was when it is none.
func (c *Cache) removeStrays(before time.Time) error {
	aside := filepath.Join(c.Dir, incomplete)
	files, err := os.ReadDir(aside)
	if err != nil {
		return err
	}
	var failed error
	for _, file := range files {
		path := filepath.Join(aside, file.Name())
		if c.fillsTo(path) {
			continue
		}
		info, err := file.Info()
		if err == nil && (before.IsZero() || info.ModTime().Before(before)) {
			err = remove(path)
		}
		if !errors.Is(err, fs.ErrNotExist) {
			failed = errors.Join(failed, err)
		}
	}
	return failed
}

// fillsTo tells whether a file is being filled.
func (c *Cache) fillsTo(path string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for f := range c.running {
		if f.path == path {
			return true
		}
	}
	return false
}

// Entries are what is here whole, by the images' ids.
func (c *Cache) Entries() []Entry {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := make([]Entry, 0, len(c.whole))
	for _, e := range c.whole {
		all = append(all, *e)
	}
	slices.SortFunc(all, func(a, b Entry) int { return cmp.Compare(a.ImageID, b.ImageID) })
	return all
}

// current is the entry of an image, unless it is of other bits.
func (c *Cache) current(id, name string) *Entry {
	e := c.whole[id]
	if e != nil && e.name != name {
		c.drop(e)
		return nil
	}
	return e
}

// read opens a stretch of an entry.
func (c *Cache) read(e *Entry, offset, length int64) (io.ReadCloser, error) {
	path := filepath.Join(c.Dir, e.name)
	file, err := openFile(path)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err == nil && info.Size() != e.Size {
		err = fmt.Errorf("it has %d bytes and should have %d", info.Size(), e.Size)
	}
	if err == nil {
		_, err = file.Seek(offset, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	e.Hits++
	e.Accessed = c.Now()
	// A file system that keeps no time of access costs the order after a restart, no more.
	_ = os.Chtimes(path, e.Accessed, time.Time{})
	return &stretch{Reader: io.LimitReader(file, length), file: file}, nil
}

// openFile opens a file without the kernel's noting it: the time of access is ours to set. Files of another owner it notes.
func openFile(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOATIME, 0)
	if errors.Is(err, fs.ErrPermission) {
		return os.Open(path)
	}
	return file, err
}

// drop removes an entry. A file that cannot be removed is found again at the next start.
func (c *Cache) drop(e *Entry) {
	delete(c.whole, e.ImageID)
	if err := remove(filepath.Join(c.Dir, e.name)); err != nil {
		c.Log.Warn("cannot remove a cached image", "image", e.ImageID, "error", err)
	}
}

// room drops the least recently used until size more bytes fit, and tells whether they do. When they cannot, nothing is dropped
// for them.
func (c *Cache) room(size int64) bool {
	var filling, whole int64
	for f := range c.running {
		filling += f.size
	}
	fits := filling+size <= c.MaxSize
	if !fits {
		size = 0
	}
	byAge := make([]*Entry, 0, len(c.whole))
	for _, e := range c.whole {
		byAge = append(byAge, e)
		whole += e.Size
	}
	slices.SortFunc(byAge, func(a, b *Entry) int { return a.Accessed.Compare(b.Accessed) })
	for _, e := range byAge {
		if filling+whole+size <= c.MaxSize {
			break
		}
		whole -= e.Size
		c.drop(e)
	}
	return fits
}

func remove(path string) error {
	if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
