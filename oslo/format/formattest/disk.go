package formattest

import (
	"encoding/binary"
	"hash/crc32"
	"strings"
)

// Size is the virtual size of every disk here, in bytes.
const Size = 1 << 20

const sector = 512

// put writes numbers at offsets; their widths are their types'.
func put(order binary.ByteOrder, b []byte, fields map[int]any) []byte {
	for at, value := range fields {
		switch v := value.(type) {
		case uint16:
			order.PutUint16(b[at:], v)
		case uint32:
			order.PutUint32(b[at:], v)
		case uint64:
			order.PutUint64(b[at:], v)
		case string:
			copy(b[at:], v)
		}
	}
	return b
}

// QCOW2 is an empty disk: header, reference counts of its four clusters, and an L1 table of one entry.
func QCOW2() []byte {
	const cluster = 4096
	b := make([]byte, 4*cluster)
	put(binary.BigEndian, b, map[int]any{
		0: "QFI\xfb", 4: uint32(3), 20: uint32(12), 24: uint64(Size), 36: uint32(1), 40: uint64(3 * cluster),
		48: uint64(cluster), 56: uint32(1), 96: uint32(4), 100: uint32(104), cluster: uint64(2 * cluster),
	})
	for n := range 4 {
		binary.BigEndian.PutUint16(b[2*cluster+2*n:], 1)
	}
	return b
}

// The places of what is in a VMDK, in sectors.
const (
	vmdkDescriptor = 20 // sectors of it
	vmdkDirectory  = 21
	vmdkTable      = 22
	vmdkOverhead   = 128
)

func descriptor(subformat string) string {
	return "# Disk DescriptorFile\nversion=1\nCID=12345678\nparentCID=ffffffff\ncreateType=\"" + subformat +
		"\"\n\n# Extent description\nRW 2048 SPARSE \"disk.vmdk\"\n\n# The Disk Data Base\n#DDB\n\nddb.adapterType = \"ide\"\n"
}

func sparse(version, flags uint32, directory uint64, compression uint16) []byte {
	return put(binary.LittleEndian, make([]byte, sector), map[int]any{
		0: "KDMV", 4: version, 8: flags, 12: uint64(Size / sector), 20: uint64(128), 28: uint64(1), 36: uint64(vmdkDescriptor), 44: uint32(512),
		56: directory, 64: uint64(vmdkOverhead), 73: "\n \r\n", 77: compression,
	})
}

// VMDK is a monolithicSparse disk of a descriptor.
func VMDK(descriptor string) []byte {
	b := make([]byte, vmdkOverhead*sector)
	copy(b, sparse(1, 1, vmdkDirectory, 0))
	copy(b[sector:], descriptor)
	binary.LittleEndian.PutUint32(b[vmdkDirectory*sector:], vmdkTable)
	return b
}

// StreamVMDK is a streamOptimized disk, whose directory and header stand at its end.
func StreamVMDK() []byte {
	b := make([]byte, (vmdkOverhead+6)*sector)
	copy(b, sparse(3, 0x30001, ^uint64(0), 1))
	copy(b[sector:], descriptor("streamOptimized"))
	binary.LittleEndian.PutUint32(b[vmdkOverhead*sector:], vmdkTable)
	marker := b[(vmdkOverhead+3)*sector:]
	put(binary.LittleEndian, marker, map[int]any{0: uint64(1), 12: uint32(3)})
	copy(marker[sector:], sparse(3, 0x30001, vmdkOverhead, 1))
	return b
}

// VDI is a dynamic disk of one block that is not there.
func VDI() []byte {
	return put(binary.LittleEndian, make([]byte, 2*sector), map[int]any{
		0: "<<< QEMU VM Virtual Disk Image >>>\n", 0x40: uint32(0xbeda107f), 0x44: uint32(1<<16 | 1), 0x48: uint32(0x180), 0x4c: uint32(1),
		0x154: uint32(sector), 0x158: uint32(2 * sector), 0x168: uint32(sector), 0x170: uint64(Size), 0x178: uint32(1 << 20),
		0x180: uint32(1), 0x188: "an id of it here", 0x198: "one of a snapsho", sector: uint32(0xffffffff),
	})
}

func vhdFooter(kind uint32, header uint64) []byte {
	return summed(put(binary.BigEndian, make([]byte, sector), map[int]any{
		0: "conectix", 8: uint32(2), 12: uint32(1 << 16), 16: header, 28: "win ", 36: "Wi2k", 40: uint64(Size), 48: uint64(Size),
		56: uint16(30), 58: "\x04\x11", 60: kind, 68: "an id of it here",
	}), 64)
}

// summed puts the complement of the sum of the bytes where it belongs.
func summed(b []byte, at int) []byte {
	sum := uint32(0)
	for _, c := range b {
		sum += uint32(c)
	}
	binary.BigEndian.PutUint32(b[at:], ^sum)
	return b
}

// VHD is a dynamic disk of one block that is not there.
func VHD() []byte {
	footer := vhdFooter(3, sector)
	header := summed(put(binary.BigEndian, make([]byte, 1024), map[int]any{
		0: "cxsparse", 8: ^uint64(0), 16: uint64(3 * sector), 24: uint32(1 << 16), 28: uint32(1), 32: uint32(2 << 20),
	}), 36)
	table := []byte(strings.Repeat("\xff", sector))
	return join(footer, header, table, footer)
}

// FixedVHD is a raw disk with a footer.
func FixedVHD() []byte { return join(make([]byte, Size), vhdFooter(2, ^uint64(0))) }

func join(parts ...[]byte) (all []byte) {
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

// The places of what is in a VHDX.
const (
	vhdxRegions  = 192 << 10
	vhdxMetadata = 2 << 20
	vhdxBlocks   = 3 << 20
	vhdxItems    = 64 << 10 // from the metadata on
)

// VHDX is a dynamic disk of no blocks. Its GUIDs stand as they lie on the disk; as Microsoft's [MS-VHDX].
func VHDX() []byte {
	b := make([]byte, 4<<20)
	copy(b, "vhdxfile")
	for n := range 2 {
		header := b[(n+1)*64<<10:][:4096]
		put(binary.LittleEndian, header, map[int]any{
			0: "head", 8: uint64(n + 1), 16: "written by a tes", 32: "and its data too", 66: uint16(1), 68: uint32(1 << 20), 72: uint64(1 << 20),
		})
		checked(header)
		regions := b[vhdxRegions+n*64<<10:][:64<<10]
		put(binary.LittleEndian, regions, map[int]any{
			0: "regi", 8: uint32(2),
			16: "\x66\x77\xc2\x2d\x23\xf6\x00\x42\x9d\x64\x11\x5e\x9b\xfd\x4a\x08", 32: uint64(vhdxBlocks), 40: uint32(1 << 20), 44: uint32(1),
			48: "\x06\xa2\x7c\x8b\x90\x47\x9a\x4b\xb8\xfe\x57\x5f\x05\x0f\x88\x6e", 64: uint64(vhdxMetadata), 72: uint32(1 << 20), 76: uint32(1),
		})
		checked(regions)
	}
	metadata := b[vhdxMetadata:]
	put(binary.LittleEndian, metadata, map[int]any{0: "metadata", 10: uint16(5)})
	for n, item := range []struct {
		guid          string
		flags, length uint32
		value         any
	}{
		{"\x37\x67\xa1\xca\x36\xfa\x43\x4d\xb3\xb6\x33\xf0\xaa\x44\xe7\x6b", 4, 8, uint32(8 << 20)},     // blocks of 8 MiB
		{"\x24\x42\xa5\x2f\x1b\xcd\x76\x48\xb2\x11\x5d\xbe\xd8\x3b\xf4\xb8", 6, 8, uint64(Size)},        // the disk's size
		{"\xab\x12\xca\xbe\xe6\xb2\x23\x45\x93\xef\xc3\x09\xe0\x00\xc7\x46", 6, 16, "the disk's own i"}, // its id
		{"\x1d\xbf\x41\x81\x6f\xa9\x09\x47\xba\x47\xf2\x33\xa8\xfa\xab\x5f", 6, 4, uint32(sector)},      // sectors as seen
		{"\xc7\x48\xa3\xcd\x5d\x44\x71\x44\x9c\xc9\xe9\x88\x52\x51\xc5\x56", 6, 4, uint32(sector)},      // and as they are
	} {
		at := vhdxItems + 32*n
		put(binary.LittleEndian, metadata[32+32*n:], map[int]any{0: item.guid, 16: uint32(at), 20: item.length, 24: item.flags})
		put(binary.LittleEndian, metadata, map[int]any{at: item.value})
	}
	return b
}

// checked puts a part's checksum behind its signature.
func checked(b []byte) {
	binary.LittleEndian.PutUint32(b[4:], 0)
	binary.LittleEndian.PutUint32(b[4:], crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)))
}

// Ploop is a disk of one cluster that is not there.
func Ploop() []byte {
	return put(binary.LittleEndian, make([]byte, 2*sector), map[int]any{
		0: "WithouFreSpacExt", 16: uint32(2), 20: uint32(16), 24: uint32(4), 28: uint32(Size / sector), 32: uint32(1), 36: uint64(Size / sector), 48: uint32(1),
	})
}

// ISO is a CD of some bits, if any, before its volume descriptors.
func ISO(before ...byte) []byte {
	b := make([]byte, 40<<10)
	copy(b, before)
	put(binary.LittleEndian, b[32<<10:], map[int]any{0: "\x01CD001\x01", 80: uint32(len(b) / 2048), 128: uint16(2048), 2048: "\xffCD001\x01"})
	return b
}

// MBR is a raw disk with one partition.
func MBR() []byte {
	return put(binary.LittleEndian, make([]byte, 64<<10), map[int]any{446: "\x80\x00\x02\x00\x83\x00\x08\x00", 454: uint32(1), 458: uint32(8), 510: uint16(0xaa55)})
}

// GPT is a raw disk with a partition table behind a protective MBR.
func GPT() []byte {
	return put(binary.LittleEndian, MBR(), map[int]any{446: "\x00\x00\x02\x00\xee", sector: "EFI PART"})
}

// LUKS is the beginning of an encrypted disk, QED one of a format that nobody takes.
func LUKS() []byte {
	return put(binary.BigEndian, make([]byte, 4096), map[int]any{0: "LUKS\xba\xbe", 6: uint16(1)})
}
func QED() []byte { return put(binary.BigEndian, make([]byte, 4096), map[int]any{0: "QED\x00"}) }
