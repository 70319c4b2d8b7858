package format

import "encoding/binary"

// vdi is VirtualBox's disk. As block/vdi.c of QEMU.
func vdi(i *Inspector) (Match, bool) {
	h := i.at(0, sector)
	le := binary.LittleEndian
	if le.Uint32(h[0x40:]) != 0xbeda107f {
		return Match{}, false
	}
	m := Match{Format: VDI, VirtualSize: int64(le.Uint64(h[0x170:]))}
	size, block := le.Uint64(h[0x170:]), uint64(le.Uint32(h[0x178:]))
	table, data, blocks := uint64(le.Uint32(h[0x154:])), uint64(le.Uint32(h[0x158:])), uint64(le.Uint32(h[0x180:]))
	switch kind := le.Uint32(h[0x4c:]); {
	case len(i.head) < sector:
		m.Unsafe = "Image header is truncated"
	case le.Uint32(h[0x44:]) != 1<<16|1:
		m.Unsafe = "Unsupported VDI version"
	case kind != 1 && kind != 2, !empty(h[0x1a8:0x1c8]): // dynamic and fixed; undo and differencing images have parents
		m.Unsafe = "Image has a parent"
	case size > 1<<50:
		m.Unsafe = "Image has an impossible virtual size"
	case block != 1<<20:
		m.Unsafe = "Image has an impossible block size"
	case blocks*block < size:
		m.Unsafe = "Image has a block map that is not of its virtual size"
	case table < sector || data < table+4*blocks || !i.holds(table, 4*blocks):
		m.Unsafe = "Image has its block map beyond its end"
	}
	return m, true
}

// empty tells whether there are only zeros.
func empty(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}
