package format

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
)

const (
	sector        = 512
	maxDescriptor = 128 << 10
	grainsAtEnd   = ^uint64(0) // the grain directory stands in a footer
)

// sparseHeader is what VMDK's sparse header tells; counts are of sectors.
type sparseHeader struct {
	version                       uint32
	capacity, grain               uint64
	descriptor, descriptorSectors uint64
	tableEntries                  uint32 // of a grain table
	directory                     uint64
	compression                   uint16
}

func readSparse(b []byte) (h sparseHeader, ok bool) {
	le := binary.LittleEndian
	if len(b) < 80 || string(b[:4]) != "KDMV" {
		return h, false
	}
	return sparseHeader{
		version: le.Uint32(b[4:]), capacity: le.Uint64(b[12:]), grain: le.Uint64(b[20:]), descriptor: le.Uint64(b[28:]),
		descriptorSectors: le.Uint64(b[36:]), tableEntries: le.Uint32(b[44:]), directory: le.Uint64(b[56:]), compression: le.Uint16(b[77:]),
	}, true
}

func vmdk(i *Inspector) (Match, bool) {
	m := Match{Format: VMDK}
	h, ok := readSparse(i.at(0, 80))
	switch {
	case ok:
		m.VirtualSize = int64(h.capacity * sector)
		m.Unsafe = i.vmdkUnsafe(h)
	case string(i.at(0, 4)) == "COWD":
		m.Unsafe = "Unsupported subformat"
	case describes(i.head):
		m.Unsafe = "Image is a VMDK descriptor of other files"
	default:
		return m, false
	}
	return m, true
}

// describes tells whether text is a descriptor: it says so, or has a version behind comments and empty lines, which
// is enough for QEMU. As block/vmdk.c, vmdk_probe.
func describes(text []byte) bool {
	const says = "# disk descriptorfile"
	if len(text) >= len(says) && strings.EqualFold(string(text[:len(says)]), says) {
		return true
	}
	for line := range bytes.Lines(text) {
		switch line = bytes.TrimSpace(line); {
		case len(line) == 0 || line[0] == '#':
		default:
			return len(line) == len("version=1") && bytes.HasPrefix(line, []byte("version="))
		}
	}
	return false
}

// vmdkUnsafe finds what speaks against a sparse VMDK: only one whose single extent is itself is good.
func (i *Inspector) vmdkUnsafe(h sparseHeader) string {
	switch {
	case len(i.head) < sector:
		return "Image header is truncated"
	case h.version < 1 || h.version > 3:
		return fmt.Sprintf("Unsupported VMDK version %d", h.version)
	case h.capacity == 0 || h.capacity > 1<<41: // QEMU takes one without size for a list of other files
		return "Image has an impossible virtual size"
	case h.descriptor != 1 || h.descriptorSectors == 0 || h.descriptorSectors > maxDescriptor/sector:
		return "Wrong descriptor location"
	case int64(h.descriptor+h.descriptorSectors)*sector > i.total:
		return "Image header is truncated"
	}
	text, _, ends := bytes.Cut(i.at(sector, int(h.descriptorSectors)*sector), []byte{0})
	if !ends { // QEMU reads on
		return "Image has a descriptor without end"
	}
	if why := descriptorUnsafe(string(text)); why != "" {
		return why
	}
	if h.directory != grainsAtEnd {
		return i.directoryUnsafe(h)
	}
	footer, why := i.footer(h)
	if why != "" {
		return why
	}
	return i.directoryUnsafe(footer)
}

// directoryUnsafe holds the grain directory against the size that it must be of. As block/vmdk.c, vmdk_open_vmdk4.
func (i *Inspector) directoryUnsafe(h sparseHeader) string {
	const mostGrain, mostEntries = 1 << 21, 512
	switch {
	case h.compression > 1:
		return "Image has an unknown compression"
	case h.grain == 0 || h.grain > mostGrain || h.tableEntries == 0 || h.tableEntries > mostEntries:
		return "Image has an impossible grain size"
	case h.directory == 0 || h.directory > 1<<41:
		return "Image has no grain directory"
	}
	table := h.grain * uint64(h.tableEntries)
	if !i.holds(h.directory*sector, 4*((h.capacity+table-1)/table)) {
		return "Image has its grain directory beyond its end"
	}
	return ""
}

// descriptorUnsafe reads a descriptor; every line must be understood. QEMU looks for a parent's name and the type of the
// image anywhere in the text, comments too (block/vmdk.c, vmdk_parent_open and vmdk_parse_description).
func descriptorUnsafe(text string) string {
	text = strings.ToLower(text)
	switch {
	case strings.Contains(text, "parentfilenamehint"):
		return "Image has a parent"
	case strings.Count(text, "createtype") > 1:
		return "Unsupported subformat"
	}
	kind, extents := "", 0
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		name, value, isField := strings.Cut(line, "=")
		name, value = strings.TrimSpace(name), strings.Trim(strings.TrimSpace(value), `"`)
		access, extent, _ := strings.Cut(line, " ")
		switch {
		case line == "" || line[0] == '#' || strings.HasPrefix(line, "ddb."):
		case access == "rw" || access == "rdonly" || access == "noaccess":
			if extents++; extentUnsafe(extent) {
				return "Invalid extent found"
			}
		case !isField || strings.Contains(name, " "):
			return "Invalid VMDK descriptor data"
		case name == "createtype":
			kind = value
		case name == "parentcid" && value != "ffffffff":
			return "Image has a parent"
		}
	}
	switch {
	case kind != "monolithicsparse" && kind != "streamoptimized":
		return "Unsupported subformat"
	case extents != 1:
		return fmt.Sprintf("Image has %d extents", extents)
	}
	return ""
}

// extentUnsafe tells whether an extent ("20480 SPARSE "disk.vmdk"") may be another file than the image.
func extentUnsafe(extent string) bool {
	fields := strings.Fields(extent)
	return len(fields) < 3 || fields[1] != "sparse" || strings.ContainsAny(extent, `/\`)
}

// footer reads the header that counts where the first one has no place for the grain directory. It must repeat the first one
// and be followed by the end of the stream, and nothing more.
func (i *Inspector) footer(h sparseHeader) (f sparseHeader, why string) {
	if len(i.tail) < tailSize {
		return f, "Image has no footer"
	}
	le := binary.LittleEndian
	marker, footer, end := i.tail[:sector], i.tail[sector:2*sector], i.tail[2*sector:]
	f, ok := readSparse(footer)
	h.directory = f.directory
	switch {
	case le.Uint32(marker[8:]) != 0 || le.Uint32(marker[12:]) != 3:
		return f, "Footer marker is invalid"
	case !ok || f != h:
		return f, "Footer contradicts the header"
	case f.directory == grainsAtEnd:
		return f, "Footer indicates another footer"
	case !empty(end):
		return f, "End-of-stream marker is invalid"
	}
	return f, ""
}
