package format

import (
	"encoding/binary"
	"math/bits"
)

// Where VHDX keeps things, and the GUIDs (as they lie on the disk) of what is looked for. As Microsoft's [MS-VHDX].
const (
	vhdxRegions      = 192 << 10
	vhdxMetadataGUID = "\x06\xa2\x7c\x8b\x90\x47\x9a\x4b\xb8\xfe\x57\x5f\x05\x0f\x88\x6e"
	vhdxBlocksGUID   = "\x66\x77\xc2\x2d\x23\xf6\x00\x42\x9d\x64\x11\x5e\x9b\xfd\x4a\x08"
	vhdxSizeGUID     = "\x24\x42\xa5\x2f\x1b\xcd\x76\x48\xb2\x11\x5d\xbe\xd8\x3b\xf4\xb8"
	vhdxFileGUID     = "\x37\x67\xa1\xca\x36\xfa\x43\x4d\xb3\xb6\x33\xf0\xaa\x44\xe7\x6b"
	vhdxParentGUID   = "\x2d\x5f\xd3\xa8\x0b\xb3\x4d\x45\xab\xf7\xd3\xd8\x48\x34\xab\x0c"
	vhdxHasParent    = 1 << 1
	vhdxMaxEntries   = 2047
	vhdxMaxSize      = 64 << 40
)

// vhdxRegion finds in a head where a region of the file lies.
func vhdxRegion(head []byte, guid string) (offset, length uint64, ok bool) {
	if len(head) < headSize || string(head[:8]) != "vhdxfile" {
		return 0, 0, false
	}
	table := head[vhdxRegions:]
	if string(table[:4]) != "regi" {
		return 0, 0, false
	}
	for n := range min(int(binary.LittleEndian.Uint32(table[8:])), (len(table)-16)/32) {
		entry := table[16+32*n:]
		if string(entry[:16]) == guid {
			return binary.LittleEndian.Uint64(entry[16:]), uint64(binary.LittleEndian.Uint32(entry[24:])), true
		}
	}
	return 0, 0, false
}

// vhdxMetadata is where the metadata begins; 0 when there is none, or it is no VHDX.
func vhdxMetadata(head []byte) int64 {
	offset, _, ok := vhdxRegion(head, vhdxMetadataGUID)
	if !ok || offset < headSize || offset > 1<<60 {
		return 0
	}
	return int64(offset)
}

func vhdx(i *Inspector) (Match, bool) {
	if string(i.at(0, 8)) != "vhdxfile" {
		return Match{}, false
	}
	size, hasSize := i.vhdxItem(vhdxSizeGUID)
	file, hasFile := i.vhdxItem(vhdxFileGUID)
	if !hasSize || !hasFile {
		return Match{Format: VHDX, Unsafe: "Image lacks its metadata"}, true
	}
	virtual := binary.LittleEndian.Uint64(size)
	if virtual > vhdxMaxSize {
		return Match{Format: VHDX, Unsafe: "Image has an impossible virtual size"}, true
	}
	return Match{Format: VHDX, VirtualSize: int64(virtual), Unsafe: i.vhdxUnsafe(virtual, file)}, true
}

// vhdxUnsafe holds the virtual size and the file's parameters against the table of blocks.
func (i *Inspector) vhdxUnsafe(virtual uint64, file []byte) string {
	block := binary.LittleEndian.Uint32(file)
	table, length, hasTable := vhdxRegion(i.head, vhdxBlocksGUID)
	_, hasParent := i.vhdxItem(vhdxParentGUID)
	switch {
	case hasParent || binary.LittleEndian.Uint32(file[4:])&vhdxHasParent != 0:
		return "Image has a parent"
	case block < 1<<20 || block > 256<<20 || bits.OnesCount32(block) != 1:
		return "Image has an impossible block size"
	case !hasTable:
		return "Image has no block table"
	case !i.holds(table, length):
		return "Image has its block table beyond its end"
	case (virtual+uint64(block)-1)/uint64(block) > length/8:
		return "Image has a block table that is not of its virtual size"
	}
	return ""
}

// vhdxItem finds eight bytes of metadata by their GUID.
func (i *Inspector) vhdxItem(guid string) ([]byte, bool) {
	b := i.region.bytes
	if len(b) < 32 || string(b[:8]) != "metadata" {
		return nil, false
	}
	for n := range min(int(binary.LittleEndian.Uint16(b[10:])), vhdxMaxEntries) {
		if 64+32*n > len(b) {
			return nil, false
		}
		entry := b[32+32*n : 64+32*n]
		if string(entry[:16]) != guid {
			continue
		}
		offset := int64(binary.LittleEndian.Uint32(entry[16:]))
		if offset+8 > int64(len(b)) {
			return nil, false
		}
		return b[offset : offset+8], true
	}
	return nil, false
}
