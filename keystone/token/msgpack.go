package token

import (
	"encoding/binary"
	"math"
)

// The few kinds of msgpack that token payloads have: small and large whole numbers, floats, texts, bytes, booleans and
// arrays. A value is an int64, float64, string, []byte, bool, nil or []any of these.

// appendValue packs a value the shortest way.
func appendValue(b []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(b, 0xc0)
	case bool:
		if v {
			return append(b, 0xc3)
		}
		return append(b, 0xc2)
	case int64:
		return appendInt(b, v)
	case float64:
		return binary.BigEndian.AppendUint64(append(b, 0xcb), math.Float64bits(v))
	case string:
		return append(appendLength(b, len(v), 31, 0xa0, 0xd9, 0xda), v...)
	case []byte:
		return append(appendLength(b, len(v), -1, 0, 0xc4, 0xc5), v...)
	case []any:
		b = appendLength(b, len(v), 15, 0x90, 0, 0xdc)
		for _, part := range v {
			b = appendValue(b, part)
		}
		return b
	}
	panic("token: a payload of a kind that is not packed")
}

func appendInt(b []byte, v int64) []byte {
	switch {
	case v >= 0 && v < 128:
		return append(b, byte(v))
	case v >= 0 && v <= math.MaxUint32:
		return binary.BigEndian.AppendUint32(append(b, 0xce), uint32(v))
	}
	return binary.BigEndian.AppendUint64(append(b, 0xd3), uint64(v))
}

// appendLength packs a length: within one byte up to small, else after the mark for 8 or 16 bits.
func appendLength(b []byte, n, small int, fixed, mark8, mark16 byte) []byte {
	switch {
	case n <= small:
		return append(b, fixed|byte(n))
	case n < 256 && mark8 != 0:
		return append(b, mark8, byte(n))
	}
	return binary.BigEndian.AppendUint16(append(b, mark16), uint16(n))
}

// reader unpacks; once something is wrong, bad stays set and all further values are nil.
type reader struct {
	b   []byte
	bad bool
}

// take gives the next n bytes.
func (r *reader) take(n int) []byte {
	if r.bad || n < 0 || n > len(r.b) {
		r.bad = true
		return make([]byte, min(max(n, 0), 8))
	}
	part := r.b[:n]
	r.b = r.b[n:]
	return part
}

// length gives a number of 1, 2 or 4 bytes that says how many follow; never more than there are.
func (r *reader) length(size int) int {
	var n uint64
	for _, c := range r.take(size) {
		n = n<<8 | uint64(c)
	}
	if n > uint64(len(r.b)) {
		r.bad = true
		return 0
	}
	return int(n)
}

// value unpacks the next value; depth bounds arrays within arrays.
func (r *reader) value(depth int) any {
	if depth == 0 {
		r.bad = true
	}
	mark := r.take(1)[0]
	if r.bad {
		return nil
	}
	switch {
	case mark < 0x80:
		return int64(mark)
	case mark >= 0xe0:
		return int64(int8(mark))
	case mark&0xe0 == 0xa0:
		return string(r.take(int(mark & 0x1f)))
	case mark&0xf0 == 0x90:
		return r.array(int(mark&0x0f), depth)
	}
	switch mark {
	case 0xc0:
		return nil
	case 0xc2, 0xc3:
		return mark == 0xc3
	case 0xc4, 0xc5, 0xc6:
		return r.take(r.length(1 << (mark - 0xc4)))
	case 0xd9, 0xda, 0xdb:
		return string(r.take(r.length(1 << (mark - 0xd9))))
	case 0xca:
		return float64(math.Float32frombits(binary.BigEndian.Uint32(r.take(4))))
	case 0xcb:
		return math.Float64frombits(binary.BigEndian.Uint64(r.take(8)))
	case 0xcc, 0xcd, 0xce, 0xcf:
		return r.number(1<<(mark-0xcc), false)
	case 0xd0, 0xd1, 0xd2, 0xd3:
		return r.number(1<<(mark-0xd0), true)
	case 0xdc, 0xdd:
		return r.array(r.length(2<<(mark-0xdc)), depth)
	}
	r.bad = true
	return nil
}

func (r *reader) number(size int, signed bool) int64 {
	var n uint64
	for _, c := range r.take(size) {
		n = n<<8 | uint64(c)
	}
	if signed {
		shift := 64 - 8*size
		return int64(n<<shift) >> shift
	}
	return int64(n)
}

func (r *reader) array(n, depth int) []any {
	if n > len(r.b) {
		r.bad = true
		return nil
	}
	parts := make([]any, n)
	for i := range parts {
		parts[i] = r.value(depth - 1)
	}
	return parts
}
