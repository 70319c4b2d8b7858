package format

import "encoding/binary"

// qed is QEMU's abandoned format: it has backing files and nothing that qcow2 has not.
func qed(i *Inspector) (Match, bool) {
	return Match{Format: QED, Unsafe: "This file format is not allowed"}, string(i.at(0, 4)) == "QED\x00"
}

// luks is an encrypted disk, which a raw image may be.
func luks(i *Inspector) (Match, bool) {
	return Match{Format: LUKS, VirtualSize: i.total, Plain: true}, string(i.at(0, 6)) == "LUKS\xba\xbe"
}

// iso is a file system of ISO 9660 or UDF, which a raw image may have.
func iso(i *Inspector) (Match, bool) {
	const descriptor = 2048
	d := i.at(32<<10, descriptor)
	switch string(d[1:6]) {
	case "CD001", "BEA01", "NSR02", "NSR03":
	default:
		return Match{}, false
	}
	m := Match{Format: ISO, VirtualSize: i.total, Plain: true}
	if d[0] == 1 { // the primary volume descriptor tells blocks and their size
		m.VirtualSize = int64(binary.LittleEndian.Uint32(d[80:])) * int64(binary.LittleEndian.Uint16(d[128:]))
	}
	switch {
	case i.total < 32<<10+descriptor:
		m.Unsafe = "Image header is truncated"
	case m.VirtualSize > i.total:
		m.Unsafe = "Image is smaller than its header says"
	}
	return m, true
}

// partitions is a disk with an MBR or, behind one, a GPT. A FAT boot sector ends as an MBR does and is none.
func partitions(i *Inspector) (Match, bool) {
	b := i.at(0, sector)
	fat := b[0x10] == 2 && b[0x15] == 0xf8
	m := Match{Format: MBR, VirtualSize: i.total, Plain: true}
	for _, block := range []int{sector, 4096} {
		if string(i.at(block, 8)) == "EFI PART" {
			m.Format = GPT
		}
	}
	return m, b[510] == 0x55 && b[511] == 0xaa && !fat
}
