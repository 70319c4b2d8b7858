package format

import (
	"encoding/binary"
	"math/bits"
)

// The kinds of a VHD, as its footer names them.
const (
	vhdFixedKind        = 2
	vhdDynamicKind      = 3
	vhdDifferencingKind = 4
)

// vhdFooter is what a VHD's footer tells; a dynamic one begins with a copy of it.
type vhdFooter struct {
	header   uint64 // where the dynamic disk's header is
	size     uint64
	geometry uint64 // the size by it, in bytes: QEMU believes it, not the size, of most makers' disks
	kind     uint32
}

func readVHD(b []byte) (f vhdFooter, ok bool) {
	be := binary.BigEndian
	return vhdFooter{
		header: be.Uint64(b[16:]), size: be.Uint64(b[48:]), kind: be.Uint32(b[60:]),
		geometry: uint64(be.Uint16(b[56:])) * uint64(b[58]) * uint64(b[59]) * sector,
	}, string(b[:8]) == "conectix"
}

// contradictory tells whether the geometry has more than the disk; as much as there can be stands for a disk beyond it.
func (f vhdFooter) contradictory() bool {
	const most = 65535 * 16 * 255 * sector
	return f.geometry > f.size && f.geometry != most
}

// vhd is a VHD that begins with a copy of its footer: dynamic or differencing.
func vhd(i *Inspector) (Match, bool) {
	f, ok := readVHD(i.at(0, sector))
	if !ok {
		return Match{}, false
	}
	m := Match{Format: VHD, VirtualSize: int64(f.size)}
	switch {
	case len(i.head) < 1536:
		m.Unsafe = "Image header is truncated"
	case f.kind == vhdDifferencingKind:
		m.Unsafe = "Image has a parent"
	case f.kind != vhdDynamicKind:
		m.Unsafe = "Unsupported subformat"
	default:
		m.Unsafe = i.vhdUnsafe(f)
	}
	return m, true
}

// vhdUnsafe reads a dynamic disk's header, which tells of the blocks.
func (i *Inspector) vhdUnsafe(f vhdFooter) string {
	const header = 1024
	if f.header > headSize-header || f.header+header > uint64(len(i.head)) {
		return "Image has its header beyond its end"
	}
	b := i.at(int(f.header), header)
	be := binary.BigEndian
	table, entries, block := be.Uint64(b[16:]), uint64(be.Uint32(b[28:])), be.Uint32(b[32:])
	switch {
	case string(b[:8]) != "cxsparse":
		return "Image has no header"
	case f.size == 0 || f.size > 1<<50:
		return "Image has an impossible virtual size"
	case f.contradictory():
		return "Image contradicts itself about its virtual size"
	case block < sector || bits.OnesCount32(block) != 1:
		return "Image has an impossible block size"
	case entries*uint64(block) < f.size:
		return "Image has a block table that is not of its virtual size"
	case !i.holds(table, 4*entries):
		return "Image has its block table beyond its end"
	}
	return ""
}

// vhdFixed is a raw disk with a footer behind it.
func vhdFixed(i *Inspector) (Match, bool) {
	if len(i.tail) < sector || string(i.at(0, 8)) == "conectix" {
		return Match{}, false
	}
	f, ok := readVHD(i.tail[len(i.tail)-sector:])
	if !ok || f.kind != vhdFixedKind {
		return Match{}, false
	}
	m := Match{Format: VHD, VirtualSize: int64(f.size), Plain: true}
	switch {
	case f.size == 0 || f.size > uint64(i.total-sector):
		m.Unsafe = "Image is smaller than its footer says"
	case f.contradictory():
		m.Unsafe = "Image contradicts itself about its virtual size"
	}
	return m, true
}
