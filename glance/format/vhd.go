package format

import (
	"encoding/binary"
)

// The kinds of a VHD, as its footer names them.
const (
	vhdFixedKind        = 2
	vhdDynamicKind      = 3
	vhdDifferencingKind = 4
)

// vhd is a VHD that begins with a copy of its footer: dynamic or differencing.
func vhd(i *Inspector) (Match, bool) {
	footer := i.at(0, sector)
	if string(footer[:8]) != "conectix" {
		return Match{}, false
	}
	m := Match{Format: VHD, VirtualSize: int64(binary.BigEndian.Uint64(footer[48:]))}
	switch kind := binary.BigEndian.Uint32(footer[60:]); {
	case len(i.head) < 1536:
		m.Unsafe = "Image header is truncated"
	case kind == vhdDifferencingKind:
		m.Unsafe = "Image has a parent"
	case kind != vhdDynamicKind:
		m.Unsafe = "Unsupported subformat"
	case m.VirtualSize < 0 || m.VirtualSize > 1<<50:
		m.Unsafe = "Image has an impossible virtual size"
	}
	return m, true
}

// vhdFixed is a raw disk with a footer behind it.
func vhdFixed(i *Inspector) (Match, bool) {
	if len(i.tail) < sector || string(i.at(0, 8)) == "conectix" {
		return Match{}, false
	}
	footer := i.tail[len(i.tail)-sector:]
	if string(footer[:8]) != "conectix" || binary.BigEndian.Uint32(footer[60:]) != vhdFixedKind {
		return Match{}, false
	}
	m := Match{Format: VHD, VirtualSize: int64(binary.BigEndian.Uint64(footer[48:])), Plain: true}
	if m.VirtualSize < 0 || m.VirtualSize > i.total-sector {
		m.Unsafe = "Image is smaller than its footer says"
	}
	return m, true
}
