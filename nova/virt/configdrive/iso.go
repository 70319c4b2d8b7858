package configdrive

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"time"
	"unicode/utf16"
)

// Label is the volume label by which guests know a config drive (cloud-init, DataSourceConfigDrive.py).
const Label = "config-2"

const (
	block     = 2048
	maxBytes  = 64 << 20 // nova's own drive is 64 MiB
	firstFree = 19       // after 16 empty blocks and three descriptors
	padding   = 150      // empty blocks at the end, as mkisofs has them: what probes for file systems reads that far
)

// tree is one of the image's two directory trees: ISO 9660 for everyone, Joliet for who wants names as they are.
type tree int

const (
	plain  tree = 0
	joliet tree = 1
)

// encode gives a name its form in the tree.
func (t tree) encode(name string) []byte {
	if t == plain {
		return []byte(name)
	}
	var out []byte
	for _, unit := range utf16.Encode([]rune(name)) {
		out = binary.BigEndian.AppendUint16(out, unit)
	}
	return out
}

// ISO returns the image that holds files, which are named by path.
func ISO(files map[string][]byte, made time.Time) ([]byte, error) {
	root, err := grow(files)
	if err != nil {
		return nil, err
	}
	w := &writer{made: made.UTC(), folders: root.folders()}
	if len(w.paths(joliet, binary.LittleEndian)) > block {
		return nil, fmt.Errorf("config drive: %d folders are too many", len(w.folders))
	}
	total := w.place()
	if int64(total)*block > maxBytes {
		return nil, fmt.Errorf("config drive: %d bytes are more than the %d allowed", int64(total)*block, maxBytes)
	}
	w.image = make([]byte, int(total)*block)
	for _, t := range []tree{plain, joliet} {
		w.descriptor(t, root, total)
		w.pathTable(t, binary.LittleEndian, w.tables[t])
		w.pathTable(t, binary.BigEndian, w.tables[t]+1)
		for _, f := range w.folders {
			copy(w.at(f.block[t]), w.folder(t, f))
		}
	}
	copy(w.at(18), "\xffCD001\x01")
	for _, f := range w.folders {
		for _, c := range f.children {
			if !c.folder {
				copy(w.at(c.block[plain]), c.data)
			}
		}
	}
	return w.image, nil
}

type writer struct {
	made    time.Time
	folders []*node
	tables  [2]uint32 // each tree's path table, little endian; big endian follows
	image   []byte
}

func (w *writer) at(number uint32) []byte { return w.image[int(number)*block:] }

// place decides where everything lies and returns the number of blocks.
func (w *writer) place() uint32 {
	next := uint32(firstFree)
	for _, t := range []tree{plain, joliet} {
		w.tables[t] = next
		next += 2
		for _, f := range w.folders {
			f.block[t] = next
			next += blocks(len(w.folder(t, f)))
		}
	}
	for _, f := range w.folders {
		for _, c := range f.children {
			if !c.folder {
				c.block = [2]uint32{next, next}
				next += blocks(len(c.data))
			}
		}
	}
	return next + padding
}

func blocks(size int) uint32 { return uint32((size + block - 1) / block) }

// folder is the content of a folder in a tree: a record for itself, its parent and each child. None crosses a block.
func (w *writer) folder(t tree, f *node) []byte {
	out := append(w.record(t, f, []byte{0}), w.record(t, f.parent, []byte{1})...)
	for _, c := range f.children {
		name := c.name
		if !c.folder {
			name += ";1"
		}
		r := w.record(t, c, t.encode(name))
		if room := block - len(out)%block; room < len(r) {
			out = append(out, make([]byte, room)...)
		}
		out = append(out, r...)
	}
	return append(out, make([]byte, int(blocks(len(out)))*block-len(out))...)
}

// size is how long a node's content is in a tree; for a folder it follows from its children's names alone.
func (w *writer) size(t tree, n *node) uint32 {
	if !n.folder {
		return uint32(len(n.data))
	}
	used := 68 // the records of itself and its parent
	for _, c := range n.children {
		name := len(t.encode(c.name))
		if !c.folder {
			name += len(t.encode(";1"))
		}
		length := 33 + name + (1 - name%2)
		if room := block - used%block; room < length {
			used += room
		}
		used += length
	}
	return blocks(used) * block
}

// record is a directory record (ECMA-119, 9.1).
func (w *writer) record(t tree, n *node, name []byte) []byte {
	r := make([]byte, 33, 33+len(name)+1)
	both32(r[2:], n.block[t])
	both32(r[10:], w.size(t, n))
	copy(r[18:], []byte{byte(w.made.Year() - 1900), byte(w.made.Month()), byte(w.made.Day()),
		byte(w.made.Hour()), byte(w.made.Minute()), byte(w.made.Second()), 0})
	if n.folder {
		r[25] = 2
	}
	both16(r[28:], 1)
	r[32] = byte(len(name))
	r = append(r, name...)
	if len(name)%2 == 0 {
		r = append(r, 0)
	}
	r[0] = byte(len(r))
	return r
}

// pathTable writes the list of all folders (ECMA-119, 9.4).
func (w *writer) pathTable(t tree, order binary.ByteOrder, number uint32) {
	copy(w.at(number), w.paths(t, order))
}

func (w *writer) paths(t tree, order binary.ByteOrder) []byte {
	var out []byte
	for _, f := range w.folders {
		name := t.encode(f.name)
		if f == f.parent {
			name = []byte{0}
		}
		entry := make([]byte, 8, 8+len(name)+1)
		entry[0] = byte(len(name))
		order.PutUint32(entry[2:], f.block[t])
		order.PutUint16(entry[6:], uint16(f.parent.number))
		entry = append(entry, name...)
		if len(name)%2 == 1 {
			entry = append(entry, 0)
		}
		out = append(out, entry...)
	}
	return out
}

// descriptor writes a tree's volume descriptor (ECMA-119, 8.4 and 8.5).
func (w *writer) descriptor(t tree, root *node, total uint32) {
	d := w.at(16 + uint32(t))[:block]
	d[0] = byte(1 + t)
	copy(d[1:], "CD001\x01")
	for _, text := range []struct{ from, to int }{{8, 40}, {40, 72}, {190, 318}, {318, 446}, {446, 574}, {574, 702}, {702, 739}, {739, 776}, {776, 813}} {
		spaces := bytes.Repeat(t.encode(" "), text.to-text.from)
		copy(d[text.from:text.to], spaces)
	}
	copy(d[40:72], t.encode(Label))
	if t == joliet {
		copy(d[88:], "%/E") // UCS-2 level 3
	}
	both32(d[80:], total)
	both16(d[120:], 1)
	both16(d[124:], 1)
	both16(d[128:], block)
	both32(d[132:], uint32(len(w.paths(t, binary.LittleEndian))))
	binary.LittleEndian.PutUint32(d[140:], w.tables[t])
	binary.BigEndian.PutUint32(d[148:], w.tables[t]+1)
	copy(d[156:190], w.record(t, root, []byte{0}))
	date := w.made.Format("20060102150405") + "00"
	copy(d[813:], date)
	copy(d[830:], date)
	copy(d[847:], "0000000000000000")
	copy(d[864:], date)
	d[881] = 1
}

// both16 and both32 write a number twice, little endian and big endian, as ISO 9660 likes it.
func both16(b []byte, v uint16) {
	binary.LittleEndian.PutUint16(b, v)
	binary.BigEndian.PutUint16(b[2:], v)
}

func both32(b []byte, v uint32) {
	binary.LittleEndian.PutUint32(b, v)
	binary.BigEndian.PutUint32(b[4:], v)
}
