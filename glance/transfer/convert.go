package transfer

import (
	"context"
	"errors"

	"cumulet/glance"
	"cumulet/glance/store/file"
	"cumulet/oslo/format"
	"cumulet/oslo/qemuimg"
)

// convert writes the disk in another format. What is converted must be what it says, by our own reading first: QEMU follows some
// headers as soon as it opens them. As glance/async_/flows/plugins/image_conversion.py, but with the memory, time and room that a
// conversion may take bounded.
func (m *matter) convert(ctx context.Context, output string) error {
	from, to := format.Format(m.diskFormat), format.Format(output)
	switch from {
	case format.Raw, format.QCOW2, format.VMDK, format.VDI, format.VHD, format.VHDX, format.Ploop:
	default: // a kernel, or what a guest sees as a CD
		return unfit("Unable to convert from format %s", from)
	}
	if err := m.write(ctx, from, to); err != nil || from == to {
		return err
	}
	m.diskFormat, m.containerFormat = output, "bare"
	return nil
}

// write looks at the disk and writes it, where the format is another.
func (m *matter) write(ctx context.Context, from, to format.Format) error {
	size, err := m.look(ctx, from)
	if err != nil || from == to {
		return err
	}
	left, err := m.Staging.Left()
	if err != nil {
		return err
	}
	if size > m.SizeCap {
		return glance.TooLarge()
	}
	if to == format.Raw && size > left {
		return glance.StorageFull("There is not enough room to convert the image.")
	}
	return m.become(func(d *file.Draft) error {
		return m.lent(func() error { return qemuimg.Convert(ctx, m.file, from, d.File, to, min(m.SizeCap, left)) })
	})
}

// lent has qemu-img do something with the file.
func (m *matter) lent(do func() error) error {
	back, err := qemuimg.Lend(m.file)
	if err != nil {
		return err
	}
	return errors.Join(refusal(do()), back())
}

// look judges the disk and tells its size; QEMU must agree.
func (m *matter) look(ctx context.Context, declared format.Format) (int64, error) {
	judged, err := format.SizeOf(m.file, declared)
	if errors.As(err, new(format.Mismatch)) {
		return 0, glance.BadData("%s", err)
	}
	if err != nil {
		return 0, err
	}
	if declared == format.Raw { // of which QEMU reads nothing
		return m.size()
	}
	var found int64
	err = m.lent(func() error {
		found, err = qemuimg.Size(ctx, m.file, declared)
		return err
	})
	if err != nil {
		return 0, err
	}
	if qemuimg.Larger(found, judged) {
		return 0, glance.BadData("The size of the disk is %d bytes by its header and %d by QEMU.", judged, found)
	}
	return found, nil
}

// refusal tells what qemu-img does not take. What it says itself names files of ours, and is for the log.
func refusal(err error) error {
	if errors.As(err, new(qemuimg.Refused)) {
		return unfit("The image could not be converted.").Because(err)
	}
	return err
}
