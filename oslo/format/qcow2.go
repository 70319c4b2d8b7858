package format

import (
	"encoding/binary"
	"fmt"
	"math"
)

// Incompatible features of QCOW2 that are understood: dirty, corrupt, compression type, extended L2. The one between,
// bit 2, is an external data file. As docs/interop/qcow2.txt of QEMU.
const (
	qcow2Known      = 1<<0 | 1<<1 | 1<<3 | 1<<4
	qcow2DataFile   = 1 << 2
	qcow2ExtendedL2 = 1 << 4
)

// qcow2Header is what the header tells, or would if it were whole.
type qcow2Header struct {
	version, clusterBits, encryption uint32
	backing, backingLength           uint64
	size                             uint64
	l1, l1Entries                    uint64
	refcounts, refcountClusters      uint64
	snapshots, snapshotCount         uint64
	features                         uint64
	length                           uint64
}

func readQCOW2(b []byte) qcow2Header {
	be := binary.BigEndian
	h := qcow2Header{
		version: be.Uint32(b[4:]), clusterBits: be.Uint32(b[20:]), encryption: be.Uint32(b[32:]),
		backing: be.Uint64(b[8:]), backingLength: uint64(be.Uint32(b[16:])), size: be.Uint64(b[24:]),
		l1: be.Uint64(b[40:]), l1Entries: uint64(be.Uint32(b[36:])),
		refcounts: be.Uint64(b[48:]), refcountClusters: uint64(be.Uint32(b[56:])),
		snapshots: be.Uint64(b[64:]), snapshotCount: uint64(be.Uint32(b[60:])), length: 72,
	}
	if h.version >= 3 {
		h.features, h.length = be.Uint64(b[72:]), uint64(be.Uint32(b[100:]))
	}
	return h
}

func qcow2(i *Inspector) (Match, bool) {
	b := i.at(0, 104)
	if string(b[:4]) != "QFI\xfb" {
		return Match{}, false
	}
	h := readQCOW2(b)
	m := Match{Format: QCOW2, VirtualSize: int64(min(h.size, math.MaxInt64)), Unsafe: i.qcow2Unsafe(h)}
	if m.Unsafe == "" {
		m.Unsafe = i.qcow2TablesUnsafe(h)
	}
	return m, true
}

// qcow2Unsafe finds what the header says that must not be.
func (i *Inspector) qcow2Unsafe(h qcow2Header) string {
	switch {
	case len(i.head) < 72 || h.version >= 3 && len(i.head) < 104:
		return "Image header is truncated"
	case h.version != 2 && h.version != 3:
		return fmt.Sprintf("Unsupported qcow2 version %d", h.version)
	case h.backing != 0 || h.backingLength != 0:
		return "Image has a backing file"
	case h.features&qcow2DataFile != 0:
		return "Image has data_file set"
	case h.features&^(qcow2Known|qcow2DataFile) != 0:
		return "Unknown QCOW2 features found"
	case h.clusterBits < 9 || h.clusterBits > 21:
		return "Image has an impossible cluster size"
	case h.size > 1<<60:
		return "Image has an impossible virtual size"
	case h.encryption > 2:
		return "Image has an unknown encryption method"
	case h.version >= 3 && (h.length < 104 || h.length > 1<<h.clusterBits):
		return "Image has an impossible header length"
	}
	return i.qcow2ExtensionUnsafe(h)
}

// qcow2TablesUnsafe finds tables that are not where the header says or cannot be what it says.
func (i *Inspector) qcow2TablesUnsafe(h qcow2Header) string {
	const mostTable, mostSnapshots = 32 << 20, 1 << 16 // as block/qcow2.h, QCOW_MAX_L1_SIZE and QCOW_MAX_SNAPSHOTS
	perL1 := 2*h.clusterBits - 3                       // bits: an entry is of a cluster of entries of eight bytes
	if h.features&qcow2ExtendedL2 != 0 {
		perL1--
	}
	switch {
	case !i.holds(h.l1, 8*h.l1Entries):
		return "Image has its L1 table beyond its end"
	case 8*h.l1Entries > mostTable || h.l1Entries < (h.size+1<<perL1-1)>>perL1:
		return "Image has an L1 table that is not of its virtual size"
	case !i.holds(h.refcounts, 0) || h.refcountClusters<<h.clusterBits > mostTable:
		return "Image has its reference counts beyond its end"
	case h.snapshotCount > mostSnapshots || !i.holds(h.snapshots, 40*h.snapshotCount):
		return "Image has its snapshots beyond its end"
	}
	return ""
}

// qcow2ExtensionUnsafe walks the header's extensions: each must end within the first cluster, and none may name a data file,
// even where the feature that has it opened is not set.
func (i *Inspector) qcow2ExtensionUnsafe(h qcow2Header) string {
	const dataFileName = 0x44415441
	for at := h.length; at+8 <= 1<<h.clusterBits; {
		if at+8 > headSize {
			return "Image has header extensions without end"
		}
		b := i.at(int(at), 8)
		kind, length := binary.BigEndian.Uint32(b), uint64(binary.BigEndian.Uint32(b[4:]))
		switch {
		case kind == 0:
			return ""
		case kind == dataFileName:
			return "Image has data_file set"
		}
		if at += 8 + (length+7)&^7; at > 1<<h.clusterBits {
			return "Image has header extensions without end"
		}
	}
	return ""
}
