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

// sparseHeader is what VMDK's sparse header tells.
type sparseHeader struct {
	version             uint32
	capacity            uint64 // in sectors
	descriptor, sectors uint64
	grains              uint64
}

func readSparse(b []byte) (h sparseHeader, ok bool) {
	le := binary.LittleEndian
	if len(b) < 64 || string(b[:4]) != "KDMV" {
		return h, false
	}
	return sparseHeader{
		version: le.Uint32(b[4:]), capacity: le.Uint64(b[12:]), descriptor: le.Uint64(b[28:]), sectors: le.Uint64(b[36:]),
		grains: le.Uint64(b[56:]),
	}, true
}

func vmdk(i *Inspector) (Match, bool) {
	m := Match{Format: VMDK}
	h, ok := readSparse(i.at(0, 64))
	if !ok {
		if bytes.HasPrefix(bytes.ToLower(i.at(0, 21)), []byte("# disk descriptorfile")) {
			m.Unsafe = "Image is a VMDK descriptor of other files"
			return m, true
		}
		return m, false
	}
	m.VirtualSize = int64(h.capacity * sector)
	m.Unsafe = i.vmdkUnsafe(h)
	return m, true
}

// vmdkUnsafe finds what speaks against a sparse VMDK: only one whose single extent is itself is good.
func (i *Inspector) vmdkUnsafe(h sparseHeader) string {
	switch {
	case h.version < 1 || h.version > 3:
		return fmt.Sprintf("Unsupported VMDK version %d", h.version)
	case h.capacity == 0 || h.capacity > 1<<50: // QEMU takes one without size for a list of other files
		return "Image has an impossible virtual size"
	case h.descriptor != 1 || h.sectors == 0 || h.sectors > maxDescriptor/sector:
		return "Wrong descriptor location"
	case int64(h.descriptor+h.sectors)*sector > i.total:
		return "Image header is truncated"
	}
	text, _, ends := bytes.Cut(i.at(sector, int(h.sectors)*sector), []byte{0})
	if !ends { // QEMU reads on
		return "Image has a descriptor without end"
	}
	kind, why := descriptorUnsafe(string(text))
	if why != "" {
		return why
	}
	if h.grains == grainsAtEnd {
		return i.footerUnsafe(h)
	}
	if kind == "streamoptimized" && h.grains == 0 {
		return "Image has no grain directory"
	}
	return ""
}

// descriptorUnsafe reads a descriptor; every line must be understood. QEMU looks for a parent's name and the type of the
// image anywhere in the text, comments too (block/vmdk.c, vmdk_parent_open and vmdk_parse_description).
func descriptorUnsafe(text string) (kind, why string) {
	text = strings.ToLower(text)
	switch {
	case strings.Contains(text, "parentfilenamehint"):
		return "", "Image has a parent"
	case strings.Count(text, "createtype") > 1:
		return "", "Unsupported subformat"
	}
	extents := 0
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		name, value, isField := strings.Cut(line, "=")
		name, value = strings.TrimSpace(name), strings.Trim(strings.TrimSpace(value), `"`)
		access, extent, _ := strings.Cut(line, " ")
		switch {
		case line == "" || line[0] == '#' || strings.HasPrefix(line, "ddb."):
		case access == "rw" || access == "rdonly" || access == "noaccess":
			if extents++; extentUnsafe(extent) {
				return "", "Invalid extent found"
			}
		case !isField || strings.Contains(name, " "):
			return "", "Invalid VMDK descriptor data"
		case name == "createtype":
			kind = value
		case name == "parentcid" && value != "ffffffff":
			return "", "Image has a parent"
		}
	}
	switch {
	case kind != "monolithicsparse" && kind != "streamoptimized":
		return "", "Unsupported subformat"
	case extents != 1:
		return "", fmt.Sprintf("Image has %d extents", extents)
	}
	return kind, ""
}

// extentUnsafe tells whether an extent ("20480 SPARSE "disk.vmdk"") may be another file than the image.
func extentUnsafe(extent string) bool {
	fields := strings.Fields(extent)
	return len(fields) < 3 || fields[1] != "sparse" || strings.ContainsAny(extent, `/\`)
}

// footerUnsafe checks that a footer repeats the header and is followed by the end of the stream, and nothing more.
func (i *Inspector) footerUnsafe(h sparseHeader) string {
	if len(i.tail) < tailSize {
		return "Image has no footer"
	}
	le := binary.LittleEndian
	marker, footer, end := i.tail[:sector], i.tail[sector:2*sector], i.tail[2*sector:]
	f, ok := readSparse(footer)
	switch {
	case le.Uint32(marker[8:]) != 0 || le.Uint32(marker[12:]) != 3:
		return "Footer marker is invalid"
	case !ok || f.version != h.version || f.descriptor != h.descriptor || f.sectors != h.sectors || f.capacity != h.capacity:
		return "Footer contradicts the header"
	case f.grains == grainsAtEnd:
		return "Footer indicates another footer"
	case len(bytes.Trim(end, "\x00")) != 0:
		return "End-of-stream marker is invalid"
	}
	return ""
}
