package format

import (
	"errors"
	"io"
)

const (
	headSize   = 256 << 10 // up to and with VHDX's region table
	tailSize   = 3 * 512   // the footer of a stream-optimised VMDK with its markers
	regionSize = 128 << 10 // VHDX's metadata: the table and the first items
)

// Inspector is written the bits of an image as they pass; it keeps some of them.
type Inspector struct {
	total  int64
	head   []byte
	tail   []byte
	region region
}

var _ io.Writer = (*Inspector)(nil)

// region is a stretch beyond the head, asked for by what stands in the head.
type region struct {
	offset int64 // 0 when none is wanted
	bytes  []byte
}

// Write takes the next bits; it never fails.
func (i *Inspector) Write(p []byte) (int, error) {
	before := i.total
	i.total += int64(len(p))
	if n := min(headSize-len(i.head), len(p)); n > 0 {
		i.head = append(i.head, p[:n]...)
		if len(i.head) == headSize {
			i.region.offset = vhdxMetadata(i.head)
		}
	}
	i.region.take(p, before)
	i.keepTail(p)
	return len(p), nil
}

// Look inspects bits that lie in a file of a size, of which it reads no more than it keeps.
func Look(file io.ReaderAt, size int64) (*Inspector, error) {
	i := &Inspector{total: size}
	var err error
	if i.head, err = stretch(file, 0, min(headSize, size)); err != nil {
		return nil, err
	}
	if i.tail, err = stretch(file, max(0, size-tailSize), size); err != nil {
		return nil, err
	}
	if i.region.offset = vhdxMetadata(i.head); i.region.offset == 0 || i.region.offset >= size {
		return i, nil
	}
	i.region.bytes, err = stretch(file, i.region.offset, min(i.region.offset+regionSize, size))
	return i, err
}

// stretch reads all of a file from an offset up to another.
func stretch(file io.ReaderAt, from, to int64) ([]byte, error) {
	b := make([]byte, to-from)
	n, err := file.ReadAt(b, from)
	if n == len(b) { // which an end of the file may come with
		return b, nil
	}
	return nil, errors.Join(err, io.ErrUnexpectedEOF)
}

// take copies what of p, which begins at position at, lies in the region.
func (r *region) take(p []byte, at int64) {
	if r.offset == 0 || len(r.bytes) == regionSize {
		return
	}
	next := r.offset + int64(len(r.bytes)) // the position missing
	if next < at || next >= at+int64(len(p)) {
		return
	}
	p = p[next-at:]
	r.bytes = append(r.bytes, p[:min(len(p), regionSize-len(r.bytes))]...)
}

func (i *Inspector) keepTail(p []byte) {
	if len(p) >= tailSize {
		i.tail = append(i.tail[:0], p[len(p)-tailSize:]...)
		return
	}
	if over := len(i.tail) + len(p) - tailSize; over > 0 {
		i.tail = append(i.tail[:0], i.tail[over:]...)
	}
	i.tail = append(i.tail, p...)
}

// Matches are the formats that all the bits written have the marks of; none means that they may be anything.
func (i *Inspector) Matches() []Match {
	var found []Match
	for _, inspect := range []func(*Inspector) (Match, bool){
		qcow2, vmdk, vdi, vhd, vhdFixed, vhdx, qed, ploop, luks, iso, partitions,
	} {
		if m, ok := inspect(i); ok {
			found = append(found, m)
		}
	}
	return found
}

// holds tells whether all the bits written have a stretch.
func (i *Inspector) holds(offset, length uint64) bool {
	total := uint64(i.total)
	return offset <= total && length <= total-offset
}

// at gives n bytes of the head from offset on; zeros where there are none.
func (i *Inspector) at(offset, n int) []byte {
	if offset+n <= len(i.head) {
		return i.head[offset : offset+n]
	}
	out := make([]byte, n)
	if offset < len(i.head) {
		copy(out, i.head[offset:])
	}
	return out
}
