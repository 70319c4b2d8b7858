package format_test

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"

	"cumulet/glance/format"
)

// declarable are the formats that an image can be declared to be of.
var declarable = []format.Format{
	format.Raw, format.QCOW2, format.VMDK, format.VDI, format.VHD, format.VHDX, format.ISO, format.Ploop, format.AMI, format.AKI, format.ARI,
}

// FuzzJudge holds that no bits make the inspectors panic, that steps make no difference, and that what passes reaches for no
// other file, as QEMU would read it. An image is a beginning, and a patch somewhere behind it.
func FuzzJudge(f *testing.F) {
	for _, seed := range seeds() {
		f.Add(seed, uint32(0), []byte(nil), uint32(len(seed)), uint16(7))
		f.Add(seed, uint32(36), []byte{1}, uint32(len(seed)+4096), uint16(512))
	}
	iso := []byte("\x01CD001\x01")
	f.Add([]byte("QFI\xfb"), uint32(32<<10), iso, uint32(40<<10), uint16(1000))
	f.Add([]byte("vhdxfile"), uint32(192<<10), []byte("regi\x00\x00\x00\x00\x01"), uint32(400<<10), uint16(4096))
	f.Add([]byte("vhdxfile"), uint32(256<<10), []byte("metadata\x00\x00\x02"), uint32(400<<10), uint16(4096))
	f.Fuzz(func(t *testing.T, head []byte, at uint32, patch []byte, size uint32, step uint16) {
		const most = 512 << 10
		bits := make([]byte, size%most)
		copy(bits, head)
		if len(bits) > 0 {
			copy(bits[int(at)%len(bits):], patch)
		}
		for _, declared := range declarable {
			whole, err := judge(bits, len(bits)+1, declared, false)
			parts, err2 := judge(bits, int(step)+len(bits)/64+1, declared, false)
			if (err == nil) != (err2 == nil) || (whole == nil) != (parts == nil) || whole != nil && *whole != *parts {
				t.Fatalf("%s: %v %v in one, %v %v in steps", declared, whole, err, parts, err2)
			}
			if err != nil {
				continue
			}
			if whole != nil && *whole < 0 {
				t.Errorf("%s passes with a size of %d", declared, *whole)
			}
			if why := reaches(bits, declared); whole != nil && why != "" {
				t.Errorf("%s passes with %s", declared, why)
			}
		}
	})
}

// seeds are beginnings of images of each format, good and bad.
func seeds() [][]byte {
	qcow2 := make([]byte, 1024)
	copy(qcow2, "QFI\xfb\x00\x00\x00\x03")
	qcow2[23], qcow2[30] = 16, 1
	backed := bytes.Clone(qcow2)
	backed[15] = 0x68
	vmdk := make([]byte, 512, 8192)
	copy(vmdk, "KDMV\x01\x00\x00\x00\x03")
	binary.LittleEndian.PutUint64(vmdk[12:], 20480)
	vmdk[28], vmdk[36] = 1, 8
	described := func(text string) []byte {
		return append(append(bytes.Clone(vmdk), text...), make([]byte, 8*512)...)
	}
	const descriptor = "# Disk DescriptorFile\nversion=1\nparentCID=ffffffff\ncreateType=\"monolithicSparse\"\nRW 20480 SPARSE \"x\"\n"
	vdi := make([]byte, 1024)
	binary.LittleEndian.PutUint32(vdi[0x40:], 0xbeda107f)
	vdi[0x4c], vdi[0x171] = 1, 4
	vhd := make([]byte, 2048)
	copy(vhd, "conectix")
	vhd[63], vhd[53] = 3, 1
	return [][]byte{
		qcow2, backed, vdi, vhd, described(descriptor), described(descriptor + "# parentFileNameHint=\"/etc/passwd\"\n"),
		described(strings.Replace(descriptor, "SPARSE", "FLAT", 1)), described(strings.Replace(descriptor, "monolithicSparse", "streamOptimized", 1)),
		[]byte("# Disk DescriptorFile\n"), []byte("vhdxfile"), []byte("QED\x00"), []byte("LUKS\xba\xbe\x00\x01"), []byte("WithoutFreeSpace"),
	}
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
