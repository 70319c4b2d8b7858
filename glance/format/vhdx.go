package format

import (
	"encoding/binary"
	"math"
)

// Where VHDX keeps things, and the GUIDs (as they lie on the disk) of what is looked for. As Microsoft's [MS-VHDX].
const (
	vhdxRegions      = 192 << 10
	vhdxMetadataGUID = "\x06\xa2\x7c\x8b\x90\x47\x9a\x4b\xb8\xfe\x57\x5f\x05\x0f\x88\x6e"
	vhdxSizeGUID     = "\x24\x42\xa5\x2f\x1b\xcd\x76\x48\xb2\x11\x5d\xbe\xd8\x3b\xf4\xb8"
	vhdxFileGUID     = "\x37\x67\xa1\xca\x36\xfa\x43\x4d\xb3\xb6\x33\xf0\xaa\x44\xe7\x6b"
	vhdxHasParent    = 1 << 1
	vhdxMaxEntries   = 2047
)

// vhdxMetadata finds in a head where the metadata region begins; 0 when there is none, or it is no VHDX.
func vhdxMetadata(head []byte) int64 {
	if len(head) < headSize || string(head[:8]) != "vhdxfile" {
		return 0
	}
	table := head[vhdxRegions:]
	if string(table[:4]) != "regi" {
		return 0
	}
	for n := range min(int(binary.LittleEndian.Uint32(table[8:])), (len(table)-16)/32) {
		entry := table[16+32*n:]
		if string(entry[:16]) != vhdxMetadataGUID {
			continue
		}
		if offset := binary.LittleEndian.Uint64(entry[16:]); offset >= headSize && offset < math.MaxInt64/2 {
			return int64(offset)
		}
		return 0
	}
	return 0
}

func vhdx(i *Inspector) (Match, bool) {
	if string(i.at(0, 8)) != "vhdxfile" {
		return Match{}, false
	}
	m := Match{Format: VHDX}
	size, hasSize := i.vhdxItem(vhdxSizeGUID)
	file, hasFile := i.vhdxItem(vhdxFileGUID)
	switch {
	case !hasSize || !hasFile:
		m.Unsafe = "Image lacks its metadata"
	case binary.LittleEndian.Uint32(file[4:])&vhdxHasParent != 0:
		m.Unsafe = "Image has a parent"
	case binary.LittleEndian.Uint64(size) > 1<<50:
		m.Unsafe = "Image has an impossible virtual size"
	default:
		m.VirtualSize = int64(binary.LittleEndian.Uint64(size))
	}
	return m, true
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
