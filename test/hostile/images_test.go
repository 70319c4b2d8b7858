package hostile

import (
	"bytes"
	"encoding/binary"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// qcow2 is the header of a disk of 1 MiB of the third version, with a backing file and incompatible features, if any.
func qcow2(backing string, features uint64) []byte {
	header := make([]byte, 64<<10)
	copy(header, "QFI\xfb")
	binary.BigEndian.PutUint32(header[4:], 3)
	if backing != "" {
		binary.BigEndian.PutUint64(header[8:], 512)
		binary.BigEndian.PutUint32(header[16:], uint32(len(backing)))
		copy(header[512:], backing)
	}
	binary.BigEndian.PutUint32(header[20:], 16)
	binary.BigEndian.PutUint64(header[24:], 1<<20)
	binary.BigEndian.PutUint64(header[72:], features)
	binary.BigEndian.PutUint32(header[96:], 4)
	binary.BigEndian.PutUint32(header[100:], 104)
	return header
}

// vmdk is a descriptor that names its extents.
func vmdk(extent string) []byte {
	return []byte("# Disk DescriptorFile\nversion=1\nCID=fffffffe\nparentCID=ffffffff\ncreateType=\"monolithicFlat\"\n\n# Extent description\n" + extent + "\n\n# The Disk Data Base\n#DDB\n")
}

// lie is an image that is not, or not only, what it is said to be.
type lie struct {
	what, format string
	bits         []byte
}

// images uploads bits that would make the host's files a guest's, or that are not what they are said to be. Each is refused,
// the image waits for bits as before, and nothing is left in the store.
func (w *world) images(t *testing.T) {
	before := w.stored(t)
	w.refused(t, []lie{
		{"a qcow2 with a backing file", "qcow2", qcow2("/etc/passwd", 0)},
		{"a qcow2 with a data file", "qcow2", qcow2("", 1<<2)},
		{"a qcow2 of unknown features", "qcow2", qcow2("", 1<<40)},
		{"a qcow2 cut off", "qcow2", qcow2("", 0)[:40]},
		{"a qcow2 said to be raw", "raw", qcow2("/etc/passwd", 0)},
		{"a qcow2 said to be vmdk", "vmdk", qcow2("", 0)},
		{"a vmdk with the host's file", "vmdk", vmdk(`RW 2048 FLAT "/etc/passwd" 0`)},
		{"a vmdk with the host's disk", "vmdk", vmdk(`RW 2048 VMFSRDM "/dev/sda"`)},
		{"a vmdk said to be raw", "raw", vmdk(`RW 2048 FLAT "/etc/passwd" 0`)},
	})
	id := w.queued(t, w.member, "raw")
	for _, kind := range []string{"application/json", "text/plain", ""} {
		a, err := w.member.Send("PUT", "/image/v2/images/"+id+"/file", http.Header{"Content-Type": {kind}}, []byte("bits"))
		if err != nil || a.Status != http.StatusUnsupportedMediaType {
			t.Errorf("bits as %q: %s %v", kind, a, err)
		}
	}
	w.waits(t, id, "bits of a wrong type")
	w.member.Ask(t, "DELETE", "/image/v2/images/"+id, nil)
	if after := w.stored(t); !slices.Equal(before, after) {
		t.Errorf("the store held %v and holds %v", before, after)
	}
}

func (w *world) refused(t *testing.T, lies []lie) {
	t.Helper()
	for _, l := range lies {
		id := w.queued(t, w.member, l.format)
		a, err := w.member.Send("PUT", "/image/v2/images/"+id+"/file", octets, l.bits)
		if err != nil || a.Status < 400 || a.Status >= 500 {
			t.Errorf("%s: %.200s %v", l.what, a.String(), err)
		}
		w.waits(t, id, l.what)
		w.member.Ask(t, "DELETE", "/image/v2/images/"+id, nil)
	}
}

// waits holds that an image has no bits and takes some.
func (w *world) waits(t *testing.T, id, after string) {
	t.Helper()
	var image struct{ Status string }
	if err := w.member.Ask(t, "GET", "/image/v2/images/"+id, nil).Decode(&image); err != nil || image.Status != "queued" {
		t.Errorf("after %s the image is %q: %v", after, image.Status, err)
	}
}

func TestStrictFormatRefusesWhatNobodyRecognises(t *testing.T) {
	w := newWorld(t, "CUMULET_GLANCE_REQUIRE_IMAGE_FORMAT_MATCH=true")
	before := w.stored(t)
	w.refused(t, []lie{{"text said to be a qcow2", "qcow2", []byte("#!/bin/sh\necho hello\n")}, {"text said to be a vdi", "vdi", []byte("hello")}})
	if after := w.stored(t); !slices.Equal(before, after) {
		t.Errorf("the store held %v and holds %v", before, after)
	}
}

func TestFullDiskRefusesAnUploadAndKeepsNothingOfIt(t *testing.T) {
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=2m"); err != nil {
		t.Skipf("a disk that fills up needs a file system of its own, as root: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(disk, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	w := newWorld(t, "CUMULET_GLANCE_IMAGES_DIR="+disk, "CUMULET_GLANCE_RESERVE_BYTES=0")
	id := w.queued(t, w.member, "raw")
	for _, announced := range []bool{true, false} {
		bits := bytes.Repeat([]byte("x"), 4<<20)
		answer, err := w.member.Stream("PUT", "/image/v2/images/"+id+"/file", octets, bytes.NewReader(bits), announced)
		if err != nil || answer.Status != http.StatusRequestEntityTooLarge || !strings.Contains(string(answer.Body), "disk space") {
			t.Errorf("4 MB on a disk of 2 MB: %s %v", answer, err)
		}
		w.waits(t, id, "a full disk")
	}
	small, err := w.member.Send("PUT", "/image/v2/images/"+id+"/file", octets, bytes.Repeat([]byte("x"), 1<<20))
	if err != nil || !small.Good() {
		t.Errorf("1 MB after it: %s %v", small, err)
	}
}
