package format

import (
	"encoding/binary"
	"fmt"
	"math"
)

// Incompatible features of QCOW2 that are understood: dirty, corrupt, compression type, extended L2. The one between,
// bit 2, is an external data file. As docs/interop/qcow2.txt of QEMU.
const (
	qcow2Known    = 1<<0 | 1<<1 | 1<<3 | 1<<4
	qcow2DataFile = 1 << 2
)

func qcow2(i *Inspector) (Match, bool) {
	h := i.at(0, 112)
	if string(h[:4]) != "QFI\xfb" {
		return Match{}, false
	}
	be := binary.BigEndian
	m := Match{Format: QCOW2}
	size := be.Uint64(h[24:])
	m.VirtualSize = int64(min(size, math.MaxInt64))
	version, features := be.Uint32(h[4:]), uint64(0)
	if version >= 3 {
		features = be.Uint64(h[72:])
	}
	clusterBits := be.Uint32(h[20:])
	l1Entries, l1Offset := uint64(be.Uint32(h[36:])), be.Uint64(h[40:])
	switch {
	case len(i.head) < 72 || version >= 3 && len(i.head) < 104:
		m.Unsafe = "Image header is truncated"
	case version != 2 && version != 3:
		m.Unsafe = fmt.Sprintf("Unsupported qcow2 version %d", version)
	case be.Uint64(h[8:]) != 0 || be.Uint32(h[16:]) != 0:
		m.Unsafe = "Image has a backing file"
	case features&qcow2DataFile != 0:
		m.Unsafe = "Image has data_file set"
	case features&^(qcow2Known|qcow2DataFile) != 0:
		m.Unsafe = "Unknown QCOW2 features found"
	case clusterBits < 9 || clusterBits > 21:
		m.Unsafe = "Image has an impossible cluster size"
	case size > 1<<60:
		m.Unsafe = "Image has an impossible virtual size"
	case be.Uint32(h[32:]) > 2:
		m.Unsafe = "Image has an unknown encryption method"
	case l1Offset > uint64(i.total) || l1Offset+8*l1Entries > uint64(i.total):
		m.Unsafe = "Image has its L1 table beyond its end"
	}
	return m, true
}
