package telemetry

import (
	"context"
	"encoding/hex"
	"hash/fnv"
	"math/rand/v2"
)

// traceID and spanID are W3C's, of 128 and 64 bits. Zero is none.
type (
	traceID [16]byte
	spanID  [8]byte
)

func (t traceID) String() string { return hex.EncodeToString(t[:]) }
func (s spanID) String() string  { return hex.EncodeToString(s[:]) }

// newSpanID makes an id that no other span has: of chance, but nobody's secret.
func newSpanID() spanID {
	var s spanID
	for s == (spanID{}) {
		n := rand.Uint64()
		for i := range s {
			s[i] = byte(n >> (8 * i))
		}
	}
	return s
}

// traceOf is the trace of a request: its UUID, or for an id of another form one that is the same each time.
func traceOf(id string) traceID {
	if t, ok := uuidOf(id); ok || id == "" {
		return t
	}
	h := fnv.New128a()
	h.Write([]byte(id)) //nolint:errcheck // a hash takes everything
	return traceID(h.Sum(nil))
}

// Traceparent is ctx's span as W3C writes it, for what leaves the process; "" where there is none.
func Traceparent(ctx context.Context) string {
	s := scopeOf(ctx)
	if s == nil {
		return ""
	}
	parent := s.parent
	if s.span != nil {
		parent = s.span.id
	}
	if parent == (spanID{}) || s.trace == (traceID{}) {
		return ""
	}
	var b [traceparentLength]byte
	copy(b[:], "00-")
	hex.Encode(b[3:35], s.trace[:])
	b[35] = '-'
	hex.Encode(b[36:52], parent[:])
	copy(b[52:], "-01")
	return string(b[:])
}

const traceparentLength = 55

// parseTraceparent reads version 00; a senseless one is as none.
func parseTraceparent(s string) (trace traceID, parent spanID, ok bool) {
	if len(s) != traceparentLength || s[:3] != "00-" || s[35] != '-' || s[52] != '-' {
		return traceID{}, spanID{}, false
	}
	_, traceErr := hex.Decode(trace[:], []byte(s[3:35]))
	_, parentErr := hex.Decode(parent[:], []byte(s[36:52]))
	if traceErr != nil || parentErr != nil || trace == (traceID{}) || parent == (spanID{}) {
		return traceID{}, spanID{}, false
	}
	return trace, parent, true
}
