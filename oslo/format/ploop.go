package format

import "encoding/binary"

// ploop is Virtuozzo's and Parallels' disk. As docs/interop/parallels.txt of QEMU.
func ploop(i *Inspector) (Match, bool) {
	h := i.at(0, 64)
	le := binary.LittleEndian
	sectors := le.Uint64(h[36:])
	switch string(h[:16]) {
	case "WithoutFreeSpace":
		sectors = uint64(le.Uint32(h[36:])) // the upper half is not used
	case "WithouFreSpacExt":
	default:
		return Match{}, false
	}
	m := Match{Format: Ploop}
	cluster, clusters := uint64(le.Uint32(h[28:])), uint64(le.Uint32(h[32:]))
	switch {
	case len(i.head) < 64:
		m.Unsafe = "Image header is truncated"
	case le.Uint32(h[16:]) != 2:
		m.Unsafe = "Unsupported ploop version"
	case sectors > 1<<41:
		m.Unsafe = "Image has an impossible virtual size"
	case cluster == 0 || cluster > 1<<21:
		m.Unsafe = "Image has an impossible cluster size"
	case cluster*clusters < sectors:
		m.Unsafe = "Image has a block table that is not of its virtual size"
	case !i.holds(64, 4*clusters):
		m.Unsafe = "Image has its block table beyond its end"
	}
	m.VirtualSize = int64(min(sectors, 1<<41)) * sector
	return m, true
}
