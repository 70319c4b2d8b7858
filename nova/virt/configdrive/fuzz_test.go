package configdrive

import (
	"bytes"
	"maps"
	"testing"
)

// FuzzISO holds that what is put onto a drive is on it, in both trees, and that what cannot be is refused.
func FuzzISO(f *testing.F) {
	f.Add("openstack/latest/user_data", []byte("#!/bin/sh\n"), "ec2/latest/meta-data.json", []byte("{}"), uint16(0))
	f.Add("a", []byte{}, "a/b", []byte("x"), uint16(3))
	f.Add("../../etc/passwd", []byte("x"), "", []byte(nil), uint16(1))
	f.Add("a/b/c/d/e/f/g", bytes.Repeat([]byte("x"), 5000), "A", []byte("x"), uint16(300))
	f.Add(".", []byte("x"), "a.", []byte("x"), uint16(60))
	f.Fuzz(func(t *testing.T, name1 string, data1 []byte, name2 string, data2 []byte, more uint16) {
		files := map[string][]byte{name1: data1, name2: data2}
		for n := range more % 400 {
			files["more/"+string(rune('a'+n%26))+string(rune('a'+n/26))] = data2
		}
		image, err := ISO(files, made)
		if err != nil {
			return
		}
		if len(image)%block != 0 || len(image) > maxBytes {
			t.Errorf("an image of %d bytes", len(image))
		}
		for _, kind := range []tree{plain, joliet} {
			if got := read(t, image, kind); !maps.EqualFunc(got, files, bytes.Equal) {
				t.Errorf("tree %d of %q and %q holds %d files of %d", kind, name1, name2, len(got), len(files))
			}
		}
	})
}
