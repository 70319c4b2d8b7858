package keystone

import (
	"crypto/rand"
	"encoding/hex"
)

// NewID makes an id as keystone writes them: a random UUID without dashes.
func NewID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return hex.EncodeToString(b[:])
}
