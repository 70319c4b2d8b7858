package file_test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"

	"cumulet/glance/store"
	"cumulet/glance/store/file"
	"cumulet/glance/store/storetest"
	"cumulet/oslo/fault"
)

func open(t *testing.T) *file.Store {
	t.Helper()
	s := &file.Store{StoreName: "file", Dir: filepath.Join(t.TempDir(), "images")}
	if err := s.Prepare(); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestFileStoreConforms(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Store { return open(t) })
}

func TestFullDiskIsRefusedBeforeAndDuringAnUpload(t *testing.T) {
	s := open(t)
	left := int64(100 << 20)
	s.Reserve, s.Free = 50<<20, func(string) (int64, error) { return left, nil }

	if _, err := s.Put(t.Context(), "a.1", bytes.NewReader(nil), 60<<20); !fault.Is(err, fault.TooLarge) {
		t.Errorf("an upload that cannot fit was begun: %v", err)
	}
	// The disk fills while the bits arrive.
	r := bytes.NewReader(make([]byte, 48<<20))
	if _, err := s.Put(t.Context(), "a.2", &once{Reader: r, fill: func() { left = 0 }}, -1); !fault.Is(err, fault.TooLarge) {
		t.Errorf("an upload went on with the disk full: %v", err)
	}
	for _, dir := range []string{s.Dir, filepath.Join(s.Dir, ".partial")} {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if !e.IsDir() {
				t.Errorf("left behind: %s/%s", dir, e.Name())
			}
		}
	}
}

// once fills the disk after the first 16 MiB.
type once struct {
	io.Reader
	n    int
	fill func()
}

func (o *once) Read(p []byte) (int, error) {
	n, err := o.Reader.Read(p)
	if o.n += n; o.n >= 16<<20 {
		o.fill()
	}
	return n, err
}

func TestForeignFilesAreNotKeys(t *testing.T) {
	s := open(t)
	for _, name := range []string{".hidden", "lost+found "} {
		if err := os.WriteFile(filepath.Join(s.Dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for k := range s.Keys(t.Context()) {
		t.Errorf("%q is taken for a key", k.Name)
	}
}
