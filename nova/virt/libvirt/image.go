package libvirt

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"

	"cumulet/nova/virt"
)

// image is an image file that a disk can be an overlay of.
type image struct {
	path   string
	format string // "qcow2" or "raw"
	bytes  int64  // as the guest sees it
	cdrom  bool
}

// qemuFormat gives glance's disk formats the names qemu-img has for them.
var qemuFormat = map[string]string{
	"vmdk": "vmdk", "vdi": "vdi", "vhd": "vpc", "vhdx": "vhdx", "qed": "qed", "ploop": "parallels",
}

// openImage looks at an image's file and converts it once if QEMU should not run on its format.
func openImage(ctx context.Context, i virt.Image) (image, error) {
	path, err := filepath.Abs(i.Path)
	if err != nil || i.Path == "" {
		return image{}, unacceptable("it has no file")
	}
	switch i.Format {
	case "raw", "ami", "iso":
		info, err := os.Stat(path)
		if err != nil {
			return image{}, err
		}
		return image{path: path, format: "raw", bytes: info.Size(), cdrom: i.Format == "iso"}, nil
	case "qcow2":
		size, err := qcow2Size(path)
		return image{path: path, format: "qcow2", bytes: size}, err
	}
	format := qemuFormat[i.Format]
	if format == "" {
		return image{}, unacceptable("a guest cannot be booted from disk format %q", i.Format)
	}
	converted := path + ".qcow2"
	err = makeOnce(converted, func(part string) error {
		return qemuImg(ctx, "convert", "-f", format, "-O", "qcow2", path, part)
	})
	if err != nil {
		return image{}, err
	}
	size, err := qcow2Size(converted)
	return image{path: converted, format: "qcow2", bytes: size}, err
}

// qcow2Size reads a qcow2 header (qemu/docs/interop/qcow2.txt) and refuses one that points at other files.
func qcow2Size(path string) (int64, error) {
	file, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	header := make([]byte, 104)
	if n, err := io.ReadFull(file, header); err != nil && !(errors.Is(err, io.ErrUnexpectedEOF) && n >= 72) {
		return 0, unacceptable("it is too short for qcow2")
	}
	const externalData = 1 << 2
	version := binary.BigEndian.Uint32(header[4:])
	size := binary.BigEndian.Uint64(header[24:])
	switch {
	case string(header[:4]) != "QFI\xfb" || version < 2 || version > 3:
		return 0, unacceptable("it is no qcow2")
	case binary.BigEndian.Uint64(header[8:]) != 0:
		return 0, unacceptable("it has a backing file")
	case version == 3 && binary.BigEndian.Uint64(header[72:])&externalData != 0:
		return 0, unacceptable("it has a data file")
	case size > 1<<50:
		return 0, unacceptable("it claims to have %d bytes", size)
	}
	return int64(size), nil
}
