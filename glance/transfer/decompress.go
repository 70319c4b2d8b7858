package transfer

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"os"

	"cumulet/glance/store/file"
	"cumulet/oslo/fault"
)

// directory bounds what is read of a zip's directory, each of whose entries takes memory: there is to be one.
const directory = 1 << 20

// decompress unpacks what is packed by gzip or zip; anything else stays what it is. An image whose container is "compressed" shall
// be. As glance/async_/flows/plugins/image_decompression.py.
func (m *matter) decompress(ctx context.Context) error {
	if m.containerFormat == "compressed" {
		return nil
	}
	head := make([]byte, 4)
	n, err := m.file.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	var open func(*os.File, int64) (io.ReadCloser, error)
	switch head = head[:n]; {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b, 8}):
		open = openGzip
	case bytes.Equal(head, []byte("PK\x03\x04")):
		open = openZip
	default:
		return nil
	}
	size, err := m.size()
	if err != nil {
		return err
	}
	packed, err := open(m.file, size)
	if err != nil {
		return notUnpacked(err)
	}
	err = m.become(func(d *file.Draft) error {
		_, err := d.Fill(ctx, &capped{from: packed, left: m.SizeCap})
		if broken(err) {
			return notUnpacked(err)
		}
		return err
	})
	return errors.Join(err, packed.Close())
}

func openGzip(file *os.File, size int64) (io.ReadCloser, error) {
	return gzip.NewReader(io.NewSectionReader(file, 0, size))
}

func openZip(file *os.File, size int64) (io.ReadCloser, error) {
	counted := &miser{from: file, left: directory}
	archive, err := zip.NewReader(counted, size)
	if err != nil {
		return nil, err
	}
	if len(archive.File) != 1 {
		return nil, unfit("Archive contains more than one file.")
	}
	counted.left = -1
	return archive.File[0].Open()
}

// miser reads so many bytes of a file and no more; all when left is negative.
type miser struct {
	from io.ReaderAt
	left int
}

func (m *miser) ReadAt(p []byte, at int64) (int, error) {
	if m.left >= 0 {
		if m.left -= len(p); m.left < 0 {
			return 0, unfit("Archive contains more than one file.")
		}
	}
	return m.from.ReadAt(p, at)
}

// broken tells whether packed bits are not what they should be.
func broken(err error) bool {
	return errors.As(err, new(flate.CorruptInputError)) || errors.Is(err, gzip.ErrChecksum) || errors.Is(err, gzip.ErrHeader) ||
		errors.Is(err, zip.ErrChecksum) || errors.Is(err, zip.ErrFormat) || errors.Is(err, io.ErrUnexpectedEOF)
}

func notUnpacked(why error) error {
	if f := fault.Of(why); f != nil {
		return why
	}
	return unfit("The image could not be decompressed: %s", why).Because(why)
}
