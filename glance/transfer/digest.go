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

// digest is a stream that is digested and inspected as it is read. One digest is made beside the other, so that an
// upload takes as long as the slower of them, not as both. It must be closed.
type digest struct {
	from      io.Reader
	md5       hash.Hash
	sha512    hash.Hash
	inspector format.Inspector
	beside    chan []byte   // what md5 is to take
	taken     chan struct{} // that it has; closed when it has ended
}

func newDigest(r io.Reader) *digest {
	d := &digest{
		from: r, md5: md5.New(), sha512: sha512.New(), //nolint:gosec // see the import
		beside: make(chan []byte), taken: make(chan struct{}),
	}
	go func() {
		defer close(d.taken)
		for p := range d.beside {
			d.md5.Write(p)
			d.taken <- struct{}{}
		}
	}()
	return d
}

func (d *digest) Read(p []byte) (int, error) {
	n, err := d.from.Read(p)
	if n > 0 {
		d.beside <- p[:n]
		d.sha512.Write(p[:n])
		d.inspector.Write(p[:n]) //nolint:errcheck // it never fails
		<-d.taken                // p is the caller's again
	}
	return n, err
}

// Close waits until nothing is digested any more.
func (d *digest) Close() error {
	close(d.beside)
	<-d.taken
	return nil
}

func (d *digest) bits(size int64, virtualSize *int64) glance.Bits {
	return glance.Bits{
		Size: size, VirtualSize: virtualSize,
		Checksum: hex.EncodeToString(d.md5.Sum(nil)), HashAlgo: "sha512", HashValue: hex.EncodeToString(d.sha512.Sum(nil)),
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
