package image

import (
	"bytes"
	"encoding/binary"
	"testing"
)

// FuzzUnsafe holds that no header makes the reader panic, and that what passes reaches for no other file, as QEMU would read it.
func FuzzUnsafe(f *testing.F) {
	vmdk := make([]byte, 2048)
	copy(vmdk, "KDMV\x01")
	vmdk[13], vmdk[28], vmdk[36] = 1, 1, 2
	copy(vmdk[512:], "# Disk DescriptorFile\ncreateType=\"monolithicSparse\"\nRW 1 SPARSE \"x\"\n")
	f.Add("vmdk", vmdk)
	f.Add("vmdk", bytes.Replace(vmdk, []byte("# Disk DescriptorFile"), []byte("# parentFileNameHint="), 1))
	f.Add("vmdk", append(bytes.Clone(vmdk[:36]), 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff))
	f.Add("qcow2", append([]byte("QFI\xfb\x00\x00\x00\x03"), make([]byte, 100)...))
	f.Add("vdi", []byte("x"))
	f.Add("vhd", []byte(nil))
	f.Fuzz(func(t *testing.T, declared string, head []byte) {
		head = head[:min(len(head), peeked)]
		if unsafe(declared, head) != "" {
			return
		}
		padded := append(bytes.Clone(head), make([]byte, 512)...)
		switch declared {
		case "qcow2":
			if binary.BigEndian.Uint64(padded[8:]) != 0 || binary.BigEndian.Uint32(padded[4:]) >= 3 && padded[79]&4 != 0 {
				t.Error("one with another file passes")
			}
		case "vmdk":
			text, _, _ := bytes.Cut(head[512:min(len(head), 512+20*512)], []byte{0})
			if binary.LittleEndian.Uint64(head[12:]) == 0 || bytes.Contains(text, []byte("parentFileNameHint")) {
				t.Errorf("one with another file passes: %q", text)
			}
		}
	})
}
