package transfer_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"cumulet/glance"
	"cumulet/oslo/fault"
)

const staged, made = "1f4a2f6c-6f0e-4d0b-9a5e-3f1f0a0b7c11.0a1b2c3d", "1f4a2f6c-6f0e-4d0b-9a5e-3f1f0a0b7c11.0a1b2c3e"

// processed has plugins look at bits, and gives what comes of them; nothing else may be left in the staging area.
func (w *world) processed(t *testing.T, bits string, i glance.Image, plugins ...string) (string, error) {
	t.Helper()
	if _, err := w.transfer.Staging.Put(t.Context(), staged, strings.NewReader(bits), -1); err != nil {
		t.Fatal(err)
	}
	p, err := w.transfer.Process(t.Context(), glance.ProcessBits{
		Upload:   glance.Upload{Image: i, Renew: time.Hour, Location: glance.Location{Store: glance.StagingStore, Key: made}},
		Staged:   glance.Staged{Host: "host-1", Key: staged, Size: int64(len(bits))},
		Handling: glance.Handling{Plugins: plugins, OutputFormat: "qcow2"},
	})
	outcome := ""
	if err == nil {
		r, err := w.transfer.Staging.Open(t.Context(), p.Staged.Key, 0, -1)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err := errors.Join(err, r.Close()); err != nil {
			t.Fatal(err)
		}
		if outcome = string(b); p.Staged.Size != int64(len(b)) {
			t.Errorf("%+v of %d bytes", p, len(b))
		}
	}
	for _, key := range []string{staged, p.Staged.Key} {
		if key != "" {
			if err := w.transfer.Staging.Delete(t.Context(), key); err != nil {
				t.Fatal(err)
			}
		}
	}
	for key := range w.transfer.Staging.Keys(t.Context()) {
		t.Errorf("%s is left over", key.Name)
	}
	return outcome, err
}

func gzipped(t *testing.T, bits string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := io.WriteString(w, bits)
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func zipped(t *testing.T, names ...string) string {
	t.Helper()
	var b bytes.Buffer
	archive := zip.NewWriter(&b)
	for _, name := range names {
		w, err := archive.Create(name)
		if err == nil {
			_, err = io.WriteString(w, "hello")
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestCompressedBitsAreUnpacked(t *testing.T) {
	w := newWorld(t)
	w.transfer.SizeCap = 1 << 20
	bare := glance.Image{DiskFormat: "raw", ContainerFormat: "bare"}
	half := gzipped(t, strings.Repeat("hello", 100))
	for _, c := range []struct {
		name, bits string
		image      glance.Image
		want       string // "" for a refusal
		kind       fault.Kind
	}{
		{"gzip", gzipped(t, "hello"), bare, "hello", ""},
		{"packed twice, unpacked once", gzipped(t, gzipped(t, "hello")), bare, gzipped(t, "hello"), ""},
		{"zip of a file", zipped(t, "disk"), bare, "hello", ""},
		{"what is not packed", "hello", bare, "hello", ""},
		{"little", "x", bare, "x", ""},
		{"what shall be packed", gzipped(t, "hello"), glance.Image{DiskFormat: "raw", ContainerFormat: "compressed"}, gzipped(t, "hello"), ""},
		{"zip of two", zipped(t, "disk", "other"), bare, "", fault.Invalid},
		{"zip of a great many", zipped(t, make([]string, 30_000)...), bare, "", fault.Invalid},
		{"half of a gzip", half[:len(half)-6], bare, "", fault.Invalid},
		{"half of a zip", zipped(t, "disk")[:40], bare, "", fault.Invalid},
		{"a bomb", gzipped(t, strings.Repeat("\x00", 2<<20)), bare, "", fault.TooLarge},
	} {
		got, err := w.processed(t, c.bits, c.image, glance.Decompression)
		if c.want != "" && (err != nil || got != c.want) || c.want == "" && !fault.Is(err, c.kind) {
			t.Errorf("%s: %q, %v", c.name, got, err)
		}
	}
}

func TestOnlyDisksThatAreWhatTheySayAreConverted(t *testing.T) {
	w := newWorld(t)
	header := "QFI\xfb\x00\x00\x00\x03" + strings.Repeat("\x00", 1024)
	for _, c := range []struct{ format, bits string }{{"raw", header}, {"qcow2", "hello"}, {"qcow2", header}, {"iso", "hello"}, {"aki", "hello"}} {
		_, err := w.processed(t, c.bits, glance.Image{DiskFormat: c.format, ContainerFormat: "bare"}, glance.Conversion)
		if fault.Of(err) == nil {
			t.Errorf("%s: %v", c.format, err)
		}
	}
}
