package libvirt

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"cumulet/nova/virt"
)

// ConsoleOutput reads the end of console.log, and of the part before if virtlogd has just turned it over.
func (d *Driver) ConsoleOutput(ctx context.Context, id string, lines int) ([]byte, error) {
	if err := d.with(ctx, "read console of", id, func(domain) error { return nil }); err != nil {
		return nil, err
	}
	path := filepath.Join(d.folder(id), "console.log")
	log, err := end(path, virt.MaxConsoleBytes)
	if err != nil {
		return nil, fmt.Errorf("read console of guest %q: %w", id, err)
	}
	if room := virt.MaxConsoleBytes - len(log); room > 0 {
		before, err := end(path+".0", int64(room))
		if err != nil {
			return nil, fmt.Errorf("read console of guest %q: %w", id, err)
		}
		log = append(before, log...)
	}
	return virt.Tail(log, lines), nil
}

// end is the last bytes of a file; none when there is no file.
func end(path string, size int64) ([]byte, error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if skip := info.Size() - size; skip > 0 {
		if _, err := file.Seek(skip, io.SeekStart); err != nil {
			return nil, err
		}
	}
	return io.ReadAll(io.LimitReader(file, size))
}
