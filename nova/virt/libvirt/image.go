package libvirt

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"cumulet/nova/virt"
	"cumulet/oslo/fault"
	"cumulet/oslo/format"
	"cumulet/oslo/qemuimg"
)

// image is an image file that a disk can be an overlay of.
type image struct {
	path   string
	format string // "qcow2" or "raw"
	bytes  int64  // as the guest sees it
	cdrom  bool
	// foreign is the format of an image that QEMU should not run on; it is converted to path once.
	foreign  format.Format
	original string
}

// lookAt looks at an image's file, and at no more of it than its header.
func lookAt(i virt.Image) (image, error) {
	path, err := filepath.Abs(i.Path)
	if err != nil || i.Path == "" {
		return image{}, unacceptable("it has no file")
	}
	declared := format.Format(i.Format)
	switch declared {
	case format.Raw, format.AMI, format.ISO:
		info, err := os.Stat(path)
		if err != nil {
			return image{}, err
		}
		return image{path: path, format: "raw", bytes: info.Size(), cdrom: declared == format.ISO}, nil
	case format.QCOW2:
		size, err := sizeOf(path, declared)
		return image{path: path, format: "qcow2", bytes: size}, err
	}
	if qemuimg.Name(declared) == "" {
		return image{}, unacceptable("a guest cannot be booted from disk format %q", i.Format)
	}
	converted := path + ".qcow2"
	size, err := sizeOf(converted, format.QCOW2)
	if !errors.Is(err, fs.ErrNotExist) {
		return image{path: converted, format: "qcow2", bytes: size}, err
	}
	size, err = sizeOf(path, declared)
	return image{path: converted, format: "qcow2", bytes: size, foreign: declared, original: path}, err
}

// sizeOf reads the size of the disk in a file, whose header must be sound.
func sizeOf(path string, declared format.Format) (int64, error) {
	file, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	size, err := format.SizeOf(file, declared)
	if errors.As(err, new(format.Mismatch)) {
		return 0, unacceptable("%s", err)
	}
	return size, err
}

// alone runs do once no other conversion to a path is under way: guests of one image are often built at once.
func (d *Driver) alone(ctx context.Context, path string, do func() error) error {
	d.mu.Lock()
	for d.conversions[path] != nil {
		ended := d.conversions[path]
		d.mu.Unlock()
		select {
		case <-ended:
		case <-ctx.Done():
			return ctx.Err()
		}
		d.mu.Lock()
	}
	if d.conversions == nil {
		d.conversions = map[string]chan struct{}{}
	}
	ended := make(chan struct{})
	d.conversions[path] = ended
	d.mu.Unlock()
	defer func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		delete(d.conversions, path)
		close(ended)
	}()
	return do()
}

// convert converts a foreign image that was not yet, once for all guests of it.
func (d *Driver) convert(ctx context.Context, i image) error {
	if i.foreign == "" {
		return nil
	}
	return d.alone(ctx, i.path, func() error { return i.convert(ctx) })
}

// convert may make as much as the disk is large, which the flavor was seen to hold, and take half of what is free on the host at
// most: what is small when it comes may be a bomb.
func (i image) convert(ctx context.Context) error {
	from, err := os.Open(i.original)
	if err != nil {
		return err
	}
	defer from.Close()
	return makeOnce(i.path, func(part string) error {
		free, err := freeBytes(filepath.Dir(part))
		if err != nil {
			return err
		}
		to, err := os.OpenFile(part, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o644)
		if err != nil {
			return err
		}
		const tables = 16 << 20 // beside a thousandth of the disk
		err = qemuimg.Convert(ctx, from, i.foreign, to, format.QCOW2, min(i.bytes+i.bytes/1024+tables, free/2))
		return errors.Join(err, to.Close())
	})
}

// freeBytes is what is free on the file system of a folder.
func freeBytes(folder string) (int64, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(folder, &s); err != nil {
		return 0, fmt.Errorf("look at %s: %w", folder, err)
	}
	return int64(s.Bavail) * s.Bsize, nil
}

func unacceptable(format string, args ...any) error {
	return fault.New(fault.Invalid, "ImageUnacceptable", "Image is unacceptable: %s", fmt.Sprintf(format, args...))
}
