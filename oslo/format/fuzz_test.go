package format_test

import (
	"bytes"
	"encoding/binary"
	"testing"

	"cumulet/oslo/format"
	"cumulet/oslo/format/formattest"
)

// declarable are the formats that an image can be declared to be of.
var declarable = []format.Format{
	format.Raw, format.QCOW2, format.VMDK, format.VDI, format.VHD, format.VHDX, format.ISO, format.Ploop, format.AMI, format.AKI, format.ARI,
}

// FuzzJudge tries bits from nothing: an image is a beginning, and a patch somewhere behind it.
func FuzzJudge(f *testing.F) {
	for _, image := range append(formattest.Sound(), formattest.Hostile()...) {
		head := image.Bits[:min(len(image.Bits), 2048)]
		f.Add(head, uint32(36), []byte{1}, uint32(len(image.Bits)), uint16(512))
	}
	f.Add([]byte("QFI\xfb"), uint32(32<<10), []byte("\x01CD001\x01"), uint32(40<<10), uint16(1000))
	f.Fuzz(func(t *testing.T, head []byte, at uint32, patch []byte, size uint32, step uint16) {
		const most = 512 << 10
		bits := make([]byte, size%most)
		copy(bits, head)
		if len(bits) > 0 {
			copy(bits[int(at)%len(bits):], patch)
		}
		for _, declared := range declarable {
			sound(t, bits, declared, int(step))
		}
	})
}

func FuzzQCOW2(f *testing.F) { fuzz(f, format.QCOW2, 4096) }
func FuzzVMDK(f *testing.F)  { fuzz(f, format.VMDK, 0) }
func FuzzVDI(f *testing.F)   { fuzz(f, format.VDI, 0) }
func FuzzVHD(f *testing.F)   { fuzz(f, format.VHD, 512) }
func FuzzVHDX(f *testing.F)  { fuzz(f, format.VHDX, 2<<20) }
func FuzzPloop(f *testing.F) { fuzz(f, format.Ploop, 0) }
func FuzzISO(f *testing.F)   { fuzz(f, format.ISO, 32<<10) }

// fuzz tries what differs from a sound image of a format in two places, and ends anywhere.
func fuzz(f *testing.F, declared format.Format, at uint32) {
	var images [][]byte
	for _, image := range formattest.Sound() {
		if image.Declared == declared {
			images = append(images, image.Bits)
			f.Add(uint8(len(images)-1), uint32(0), []byte(nil), at, []byte(nil), uint32(len(image.Bits)), uint16(512))
			f.Add(uint8(len(images)-1), uint32(8), []byte{1}, at+16, []byte{0xff}, uint32(len(image.Bits)), uint16(1000))
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, at uint32, patch []byte, at2 uint32, patch2 []byte, size uint32, step uint16) {
		bits := bytes.Clone(images[int(which)%len(images)])
		copy(bits[int(at)%len(bits):], patch)
		copy(bits[int(at2)%len(bits):], patch2)
		bits = bits[:int(size)%(len(bits)+1)]
		sound(t, bits, declared, int(step))
		sound(t, bits, format.Raw, int(step))
	})
}

// sound holds that no bits make the inspectors panic, that neither steps nor where the bits lie make a difference, and that what
// passes reaches for no other file, as QEMU would read it.
func sound(t *testing.T, bits []byte, declared format.Format, step int) {
	t.Helper()
	whole, err := judge(bits, len(bits)+1, declared, false)
	parts, err2 := judge(bits, step+len(bits)/64+1, declared, false)
	file, err3 := look(t, bits, declared, false)
	if !same(whole, parts) || !same(whole, file) || message(err) != message(err2) || message(err) != message(err3) {
		t.Fatalf("%s: %v %v in one, %v %v in steps, %v %v in a file", declared, whole, err, parts, err2, file, err3)
	}
	if err != nil || whole == nil {
		return
	}
	if *whole < 0 {
		t.Errorf("%s passes with a size of %d", declared, *whole)
	}
	if why := reaches(bits, declared); why != "" {
		t.Errorf("%s passes with %s", declared, why)
	}
}

func same(a, b *int64) bool { return (a == nil) == (b == nil) && (a == nil || *a == *b) }

func message(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// reaches reads bits as QEMU would that is told their format, and says what other file it would open; "" for none. As
// block/qcow2.c, block/vmdk.c (which looks for a parent in twenty sectors, and has one without capacity list files) and block/vdi.c.
func reaches(bits []byte, declared format.Format) string {
	padded := append(bytes.Clone(bits), make([]byte, 512)...)
	switch {
	case declared == format.QCOW2 && string(padded[:4]) == "QFI\xfb":
		if binary.BigEndian.Uint64(padded[8:]) != 0 {
			return "a backing file"
		}
		if binary.BigEndian.Uint32(padded[4:]) >= 3 && padded[79]&4 != 0 {
			return "a data file"
		}
	case declared == format.VMDK && string(padded[:4]) == "KDMV":
		if binary.LittleEndian.Uint64(padded[12:]) == 0 {
			return "a list of files"
		}
		from := min(uint64(len(bits)), binary.LittleEndian.Uint64(padded[28:])<<9)
		text, _, _ := bytes.Cut(bits[from:min(from+20*512, uint64(len(bits)))], []byte{0})
		if bytes.Contains(text, []byte("parentFileNameHint")) {
			return "a parent"
		}
	case declared == format.VDI && binary.LittleEndian.Uint32(padded[0x40:]) == 0xbeda107f:
		if padded[0x4c] == 4 {
			return "a parent"
		}
	case declared == format.Raw || declared == format.ISO || declared == format.AMI:
		for _, mark := range []string{"QFI\xfb", "KDMV", "vhdxfile", "QED\x00"} {
			if bytes.HasPrefix(bits, []byte(mark)) {
				return "marks of another format"
			}
		}
	}
	return ""
}
