package configdrive

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

var made = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

func drive() map[string][]byte {
	files := map[string][]byte{
		"openstack/latest/meta_data.json":    []byte(`{"uuid":"x"}`),
		"openstack/latest/user_data":         bytes.Repeat([]byte("0123456789"), 1000),
		"openstack/latest/empty":             {},
		"openstack/2018-08-27/user_data":     []byte("two"),
		"ec2/latest/meta-data.json":          []byte("{}"),
		"openstack/latest/vendor_data2.json": []byte("{}"),
	}
	for i := range 90 { // more records than fit a block
		files[fmt.Sprintf("openstack/content/%04d", i)] = []byte{byte(i)}
	}
	return files
}

// read takes an image apart by following its records in the given tree, as a guest does.
func read(t *testing.T, image []byte, kind tree) map[string][]byte {
	t.Helper()
	le := func(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 | int(b[3])<<24 }
	out := map[string][]byte{}
	var walk func(prefix string, at, size int)
	walk = func(prefix string, at, size int) {
		for i := at; i < at+size; {
			length := int(image[i])
			if length == 0 {
				i = (i/block + 1) * block
				continue
			}
			r := image[i : i+length]
			i += length
			name := string(r[33 : 33+int(r[32])])
			if name == "\x00" || name == "\x01" {
				continue
			}
			if kind == joliet {
				name = strings.ReplaceAll(name, "\x00", "")
			}
			from, size := le(r[2:])*block, le(r[10:])
			if r[25]&2 != 0 {
				walk(prefix+name+"/", from, size)
				continue
			}
			out[prefix+strings.TrimSuffix(name, ";1")] = image[from : from+size]
		}
	}
	d := image[(16+int(kind))*block:]
	walk("", le(d[158:])*block, le(d[166:]))
	return out
}

func TestImageHoldsTheFilesInBothTrees(t *testing.T) {
	t.Parallel()
	image, err := ISO(drive(), made)
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []tree{plain, joliet} {
		if got := read(t, image, kind); !maps.EqualFunc(got, drive(), bytes.Equal) {
			t.Errorf("tree %d holds %v", kind, slices.Sorted(maps.Keys(got)))
		}
	}
}

func TestXorrisoReadsTheImage(t *testing.T) {
	t.Parallel()
	tool, err := exec.LookPath("xorriso")
	if err != nil {
		t.Skip("xorriso is not installed")
	}
	image, err := ISO(drive(), made)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	path := filepath.Join(folder, "drive.iso")
	if err := os.WriteFile(path, image, 0o600); err != nil {
		t.Fatal(err)
	}
	said, err := exec.Command(tool, "-abort_on", "WARNING", "-indev", path, "-pvd_info", "-osirrox", "on", "-extract", "/", folder+"/x").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	if !bytes.Contains(said, []byte("config-2")) {
		t.Errorf("no label:\n%s", said)
	}
	for name, want := range drive() {
		got, err := os.ReadFile(filepath.Join(folder, "x", name))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
}

func TestUnfitPathIsRefused(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"", "/a", "a/", "a//b", "../a", "a/../b", "a\x00b", "ä", strings.Repeat("a", 30), "a/b/c/d/e/f/g/h"} {
		if _, err := ISO(map[string][]byte{path: nil}, made); err == nil {
			t.Errorf("%q accepted", path)
		}
	}
	if _, err := ISO(map[string][]byte{"a": nil, "a/b": nil}, made); err == nil {
		t.Error("a file that is a folder accepted")
	}
	if _, err := ISO(map[string][]byte{"a": make([]byte, maxBytes)}, made); err == nil {
		t.Error("a drive beyond its size accepted")
	}
}

func TestSmallImageIsPadded(t *testing.T) {
	t.Parallel()
	image, err := ISO(map[string][]byte{"a": nil}, made)
	if err != nil {
		t.Fatal(err)
	}
	if len(image) < 128<<10 { // busybox's blkid gives up on less
		t.Errorf("it has %d bytes", len(image))
	}
}
