package image

import (
	"context"
	"errors"
	"fmt"
	"os"

	"cumulet/nova"
	"cumulet/oslo/fault"
	"cumulet/oslo/format"
	"cumulet/oslo/qemuimg"
)

// inspect tells how large the disk in an image's file is, and refuses what must not be opened. Our own reading comes first,
// since QEMU follows some headers as soon as it opens them; QEMU's must then agree with it.
func inspect(ctx context.Context, i nova.Image, file *os.File) (virtualBytes int64, err error) {
	switch i.ContainerFormat {
	case "ova", "docker", "compressed": // what is in there is no disk yet
		return 0, unacceptable(i.ID, fmt.Sprintf("a guest cannot be booted from container format %q", i.ContainerFormat))
	}
	declared := format.Format(i.DiskFormat)
	judged, err := format.SizeOf(file, declared)
	if errors.As(err, new(format.Mismatch)) {
		return 0, unacceptable(i.ID, err.Error())
	}
	if err != nil {
		return 0, err
	}
	switch declared {
	case format.Raw, format.AMI, format.AKI, format.ARI, format.ISO: // QEMU is told raw and reads no header
		info, err := file.Stat()
		if err != nil {
			return 0, err
		}
		return info.Size(), nil
	}
	if qemuimg.Name(declared) == "" {
		return 0, unacceptable(i.ID, fmt.Sprintf("disk format %q cannot be used", declared))
	}
	size, err := qemuimg.Size(ctx, file, declared)
	var refused qemuimg.Refused
	switch {
	case errors.As(err, &refused):
		return 0, fault.Of(unacceptable(i.ID, "qemu-img cannot read it")).Because(err)
	case err != nil:
		return 0, fmt.Errorf("look at image %q: %w", i.ID, err)
	case qemuimg.Larger(size, judged):
		return 0, unacceptable(i.ID, fmt.Sprintf("its size is %d bytes by its header and %d by QEMU", judged, size))
	}
	return size, nil
}

func unacceptable(id, why string) error {
	return fault.New(fault.Invalid, "ImageUnacceptable", "Image %s is unacceptable: %s", id, why)
}
