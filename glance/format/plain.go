package format

import "encoding/binary"

func vdi(i *Inspector) (Match, bool) {
	h := i.at(0, sector)
	le := binary.LittleEndian
	if le.Uint32(h[0x40:]) != 0xbeda107f {
		return Match{}, false
	}
	m := Match{Format: VDI, VirtualSize: int64(le.Uint64(h[0x170:]))}
	switch kind := le.Uint32(h[0x4c:]); {
	case len(i.head) < sector:
		m.Unsafe = "Image header is truncated"
	case kind != 1 && kind != 2: // dynamic and fixed; undo and differencing images have parents
		m.Unsafe = "Image has a parent"
	case m.VirtualSize < 0 || m.VirtualSize > 1<<50:
		m.Unsafe = "Image has an impossible virtual size"
	case int64(le.Uint32(h[0x154:]))+4*int64(le.Uint32(h[0x180:])) > i.total:
		m.Unsafe = "Image has its block map beyond its end"
	}
	return m, true
}

func qed(i *Inspector) (Match, bool) {
	return Match{Format: QED, Unsafe: "This file format is not allowed"}, string(i.at(0, 4)) == "QED\x00"
}

func ploop(i *Inspector) (Match, bool) {
	h := i.at(0, 64)
	mark := string(h[:16])
	if mark != "WithoutFreeSpace" && mark != "WithouFreSpacExt" {
		return Match{}, false
	}
	return Match{Format: Ploop, VirtualSize: int64(binary.LittleEndian.Uint32(h[36:])) * sector}, true
}

// luks is an encrypted disk, which a raw image may be.
func luks(i *Inspector) (Match, bool) {
	return Match{Format: LUKS, VirtualSize: i.total, Plain: true}, string(i.at(0, 6)) == "LUKS\xba\xbe"
}

// iso is a file system of ISO 9660 or UDF, which a raw image may have.
func iso(i *Inspector) (Match, bool) {
	d := i.at(32<<10, 2048)
	switch string(d[1:6]) {
	case "CD001", "NSR02", "NSR03":
	default:
		return Match{}, false
	}
	m := Match{Format: ISO, Plain: true}
	if d[0] == 1 { // the primary volume descriptor tells blocks and their size
		m.VirtualSize = int64(binary.LittleEndian.Uint32(d[80:])) * int64(binary.LittleEndian.Uint16(d[128:]))
	}
	return m, true
}

// partitions is a disk with an MBR or, behind one, a GPT. A FAT boot sector ends alike and is none.
func partitions(i *Inspector) (Match, bool) {
	b := i.at(0, sector)
	fat := b[0x10] == 2 && b[0x15] == 0xf8
	return Match{Format: GPT, VirtualSize: i.total, Plain: true}, b[510] == 0x55 && b[511] == 0xaa && !fat
}
