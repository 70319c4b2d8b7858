package transfer

import (
	"context"
	"errors"
	"fmt"
	"os"

	"cumulet/glance"
	"cumulet/glance/store/file"
	"cumulet/oslo/fault"
)

// Process does with staged bits what plugins do. When it fails nothing is left but the bits that there were.
func (t *Transfer) Process(ctx context.Context, p glance.ProcessBits) (out glance.Processed, err error) {
	err = t.holding(ctx, p.Upload, &capped{}, func(ctx context.Context) error {
		out, err = t.process(ctx, p)
		return err
	})
	if err != nil {
		return glance.Processed{}, errors.Join(err, t.Staging.Delete(context.WithoutCancel(ctx), p.Upload.Location.Key))
	}
	return out, nil
}

func (t *Transfer) process(ctx context.Context, p glance.ProcessBits) (out glance.Processed, err error) {
	m, err := t.take(ctx, p)
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, m.close()) }()
	for _, plugin := range p.Handling.Plugins {
		switch plugin {
		case glance.Decompression:
			err = m.decompress(ctx)
		case glance.Conversion:
			err = m.convert(ctx, p.Handling.OutputFormat)
		default:
			err = errors.New("there is none here")
		}
		if err != nil {
			return out, fmt.Errorf("plugin %q: %w", plugin, err)
		}
	}
	out = glance.Processed{Staged: p.Staged, DiskFormat: m.diskFormat, ContainerFormat: m.containerFormat}
	if m.draft == nil {
		return out, nil
	}
	size, err := m.size()
	if err != nil {
		return out, err
	}
	out.Staged = glance.Staged{Host: t.Host, Key: m.key, Size: size}
	return out, m.draft.Keep()
}

// matter is staged bits in the hands of plugins, each of which makes a new file of the one before.
type matter struct {
	*Transfer
	key             string // of what comes of it
	file            *os.File
	draft           *file.Draft // which the file is of; nil while it is what was staged
	diskFormat      string
	containerFormat string
}

// take opens what is staged.
func (t *Transfer) take(ctx context.Context, p glance.ProcessBits) (*matter, error) {
	body, err := t.Staging.Open(ctx, p.Staged.Key, 0, -1)
	if err != nil {
		return nil, err
	}
	staged, ok := body.(*os.File)
	if !ok {
		return nil, errors.Join(fmt.Errorf("staged bits %q are no file", p.Staged.Key), body.Close())
	}
	i := p.Upload.Image
	return &matter{Transfer: t, key: p.Upload.Location.Key, file: staged, diskFormat: i.DiskFormat, containerFormat: i.ContainerFormat}, nil
}

// become has fill write a new file, which is the matter from then on. The one before has lost its name, if it was a plugin's, and
// its room with the last that had it open.
func (m *matter) become(fill func(*file.Draft) error) error {
	if m.draft != nil {
		if err := m.draft.Unname(); err != nil {
			return err
		}
	}
	next, err := m.Staging.Draft(m.key)
	if err != nil {
		return err
	}
	if err := fill(next); err != nil {
		return errors.Join(err, next.Close())
	}
	err = m.close()
	m.draft, m.file = next, next.File
	return err
}

func (m *matter) close() error {
	if m.draft != nil {
		return m.draft.Close()
	}
	return m.file.Close()
}

// size is how large the file is.
func (m *matter) size() (int64, error) {
	info, err := m.file.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// unfit are bits that a plugin can do nothing with.
func unfit(format string, args ...any) *fault.Fault {
	return fault.New(fault.Invalid, "ImportTaskError", format, args...)
}
