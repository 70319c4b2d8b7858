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

const (
	one   = "1f4a2f6c-6f0e-4d0b-9a5e-3f1f0a0b7c11.0a1b2c3d"
	other = "1f4a2f6c-6f0e-4d0b-9a5e-3f1f0a0b7c11.0a1b2c3e"
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

	if _, err := s.Put(t.Context(), one, bytes.NewReader(nil), 60<<20); !fault.Is(err, fault.TooLarge) {
		t.Errorf("an upload that cannot fit was begun: %v", err)
	}
	// The disk fills while the bits arrive.
	r := bytes.NewReader(make([]byte, 48<<20))
	if _, err := s.Put(t.Context(), other, &once{Reader: r, fill: func() { left = 0 }}, -1); !fault.Is(err, fault.TooLarge) {
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
	for _, name := range []string{".hidden", "lost+found ", "notes.txt", "1f4a2f6c-6f0e-4d0b-9a5e-3f1f0a0b7c11"} {
		if err := os.WriteFile(filepath.Join(s.Dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for k := range s.Keys(t.Context()) {
		t.Errorf("%q is taken for a key", k.Name)
	}
}

func TestAReaderOutlivesItsFile(t *testing.T) {
	s := open(t)
	if _, err := s.Put(t.Context(), one, bytes.NewReader(make([]byte, 1<<20)), -1); err != nil {
		t.Fatal(err)
	}
	r, err := s.Open(t.Context(), one, 0, -1)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := s.Delete(t.Context(), one); err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(r); err != nil || len(b) != 1<<20 {
		t.Fatalf("%d bytes, %v", len(b), err)
	}
}
