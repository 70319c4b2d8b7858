package transfer

import (
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"hash"
	"io"

	"cumulet/glance"
)

// held is a stream of bits that are in somebody else's hands, held against the digest that the image had when they were looked at. The
// last of them are given only when all are right, so that no reader takes others for whole.
type held struct {
	io.ReadCloser
	image glance.Image
	left  int64
	hash  hash.Hash
}

func newHeld(r io.ReadCloser, i glance.Image) *held {
	return &held{ReadCloser: r, image: i, left: *i.Size, hash: sha512.New()}
}

func (h *held) Read(p []byte) (int, error) {
	n, err := h.ReadCloser.Read(p)
	h.hash.Write(p[:n])
	h.left -= int64(n)
	if h.left > 0 && err != io.EOF {
		return n, err
	}
	if h.left != 0 || hex.EncodeToString(h.hash.Sum(nil)) != h.image.HashValue {
		return 0, fmt.Errorf("the bits of image %q were changed where they lie", h.image.ID)
	}
	return n, err
}
