package libvirt

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"cumulet/nova/virt"
	"cumulet/nova/virt/configdrive"
	"cumulet/oslo/qemuimg"
)

const (
	gib = int64(1) << 30
	mib = int64(1) << 20
)

// disk is one of a guest's disks.
type disk struct {
	path    string
	format  string // "qcow2" or "raw"
	backing *image // below it
	cdrom   bool
}

// makeDisks makes those of the guest's disks that are not there yet, and lists all of them, the root disk first.
func (d *Driver) makeDisks(ctx context.Context, g virt.Guest) ([]disk, error) {
	folder := d.folder(g.ID)
	if err := os.MkdirAll(folder, 0o711); err != nil {
		return nil, err
	}
	root, err := d.rootDisk(ctx, g)
	if err != nil {
		return nil, fmt.Errorf("root disk: %w", err)
	}
	disks := []disk{root}
	if g.EphemeralGiB > 0 {
		path := filepath.Join(folder, "disk.eph0")
		err := makeOnce(path, func(part string) error {
			return blank(ctx, part, int64(g.EphemeralGiB)*gib, "mkfs.ext4", "-q", "-F", "-L", "ephemeral0")
		})
		if err != nil {
			return nil, fmt.Errorf("ephemeral disk: %w", err)
		}
		disks = append(disks, disk{path: path, format: "raw"})
	}
	if g.SwapMiB > 0 {
		path := filepath.Join(folder, "disk.swap")
		err := makeOnce(path, func(part string) error {
			return blank(ctx, part, int64(g.SwapMiB)*mib, "mkswap")
		})
		if err != nil {
			return nil, fmt.Errorf("swap disk: %w", err)
		}
		disks = append(disks, disk{path: path, format: "raw"})
	}
	if g.ConfigDrive != nil {
		path := filepath.Join(folder, "disk.config")
		err := makeOnce(path, func(part string) error {
			content, err := configdrive.ISO(g.ConfigDrive, time.Now())
			if err != nil {
				return err
			}
			return os.WriteFile(part, content, 0o600)
		})
		if err != nil {
			return nil, err
		}
		disks = append(disks, disk{path: path, format: "raw", cdrom: true})
	}
	return disks, nil
}

// rootDisk is the overlay on the image; an ISO is a CD that is booted as it is.
func (d *Driver) rootDisk(ctx context.Context, g virt.Guest) (disk, error) {
	base, err := lookAt(g.Image)
	if err != nil {
		return disk{}, err
	}
	if base.cdrom {
		return disk{path: base.path, format: "raw", cdrom: true}, nil
	}
	size := int64(g.RootGiB) * gib
	if size == 0 {
		size = base.bytes
	}
	if size < base.bytes {
		return disk{}, virt.DiskTooSmall(size, base.bytes)
	}
	if least := int64(g.Image.MinDiskGiB) * gib; g.RootGiB > 0 && size < least {
		return disk{}, virt.DiskTooSmall(size, least)
	}
	if err := d.convert(ctx, base); err != nil {
		return disk{}, fmt.Errorf("convert image: %w", err)
	}
	path := filepath.Join(d.folder(g.ID), "disk")
	err = makeOnce(path, func(part string) error { return qemuimg.Overlay(ctx, part, size, base.path, base.format) })
	return disk{path: path, format: "qcow2", backing: &base}, err
}

// makeOnce makes the file path, unless it is there, by way of a part that is renamed when it is whole.
func makeOnce(path string, do func(part string) error) error {
	if _, err := os.Stat(path); err == nil || !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	part := path + ".part"
	if err := os.Remove(part); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := do(part); err != nil {
		return errors.Join(err, os.RemoveAll(part))
	}
	return os.Rename(part, path)
}

// blank makes a sparse file and formats it with the command, whose last argument is the file.
func blank(ctx context.Context, path string, size int64, command string, args ...string) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if err := errors.Join(file.Truncate(size), file.Close()); err != nil {
		return err
	}
	return run(ctx, "/sbin/"+command, append(args, path)...)
}

func run(ctx context.Context, program string, args ...string) error {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"}
	cmd.WaitDelay = 5 * time.Second
	out, err := cmd.CombinedOutput()
	if err != nil {
		said := strings.TrimSpace(string(out[:min(len(out), 1000)]))
		return fmt.Errorf("%s: %w: %s", filepath.Base(program), errors.Join(err, ctx.Err()), said)
	}
	return nil
}
