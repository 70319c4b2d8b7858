package transfer

import (
	"bytes"
	"crypto/md5" //nolint:gosec // what is measured
	"crypto/sha512"
	"io"
	"testing"
)

const benchSize = 64 << 20

// BenchmarkDigest stands beside BenchmarkLimit, which digests the same bits one after the other and does nothing else.
func BenchmarkDigest(b *testing.B) {
	bits := make([]byte, benchSize)
	b.SetBytes(benchSize)
	for b.Loop() {
		d := newDigest(bytes.NewReader(bits))
		if _, err := io.Copy(io.Discard, struct{ io.Reader }{d}); err != nil {
			b.Fatal(err)
		}
		d.Close()
		d.bits(benchSize, nil)
	}
}

func BenchmarkLimit(b *testing.B) {
	bits := make([]byte, benchSize)
	b.SetBytes(benchSize)
	for b.Loop() {
		sha512.Sum512(bits)
		md5.Sum(bits) //nolint:gosec // what is measured
	}
}
