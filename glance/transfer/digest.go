package transfer

import (
	"crypto/md5" //nolint:gosec // the API's legacy checksum, which protects nothing
	"crypto/sha512"
	"encoding/hex"
	"hash"
	"io"
	"sync/atomic"

	"cumulet/glance"
	"cumulet/oslo/format"
)

// capped is a stream that breaks off with a fault beyond the cap, and counts what was read.
type capped struct {
	from io.Reader
	left int64
	read atomic.Int64
}

func (c *capped) Read(p []byte) (int, error) {
	n, err := c.from.Read(p)
	c.read.Add(int64(n))
	if c.left -= int64(n); c.left < 0 {
		return 0, glance.TooLarge()
	}
	return n, err
}

// digest is a stream that is digested and inspected as it is read. Digests are made beside one another, so that an upload takes
// as long as the slowest of them, not as all. It must be closed.
type digest struct {
	from      io.Reader
	md5       hash.Hash
	sha512    hash.Hash
	inspector format.Inspector
	beside    []beside
}

// beside is a digest that is made while the stream makes another.
type beside struct {
	give  chan []byte   // what it is to take
	taken chan struct{} // that it has; closed when it has ended
}

// newDigest also has what is read digested by others.
func newDigest(r io.Reader, others ...hash.Hash) *digest {
	d := &digest{from: r, md5: md5.New(), sha512: sha512.New()} //nolint:gosec // see the import
	for _, h := range append([]hash.Hash{d.md5}, others...) {
		b := beside{give: make(chan []byte), taken: make(chan struct{})}
		go func() {
			defer close(b.taken)
			for p := range b.give {
				h.Write(p)
				b.taken <- struct{}{}
			}
		}()
		d.beside = append(d.beside, b)
	}
	return d
}

func (d *digest) Read(p []byte) (int, error) {
	n, err := d.from.Read(p)
	if n > 0 {
		for _, b := range d.beside {
			b.give <- p[:n]
		}
		d.sha512.Write(p[:n])
		d.inspector.Write(p[:n]) //nolint:errcheck // it never fails
		for _, b := range d.beside {
			<-b.taken // p is the caller's again
		}
	}
	return n, err
}

// Close waits until nothing is digested any more.
func (d *digest) Close() error {
	for _, b := range d.beside {
		close(b.give)
		<-b.taken
	}
	return nil
}

func (d *digest) bits(size int64, virtualSize *int64) glance.Bits {
	return glance.Bits{
		Size: size, VirtualSize: virtualSize,
		Checksum: hex.EncodeToString(d.md5.Sum(nil)), HashAlgo: glance.HashAlgo, HashValue: hex.EncodeToString(d.sha512.Sum(nil)),
	}
}

// inspect holds the bits against what the image says they are. Containers that wrap a disk are not looked into.
func (t *Transfer) inspect(i glance.Image, d *digest) (virtualSize *int64, err error) {
	switch i.ContainerFormat {
	case "bare", "ami", "aki", "ari":
	default:
		return nil, nil
	}
	virtualSize, err = d.inspector.Judge(format.Format(i.DiskFormat), t.StrictFormat)
	if err != nil {
		return nil, glance.Below(glance.BadData("%s", err))
	}
	return virtualSize, nil
}
