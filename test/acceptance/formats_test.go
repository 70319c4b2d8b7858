package acceptance

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/servers"
	"github.com/gophercloud/gophercloud/v2/openstack/image/v2/imagedata"
	"github.com/gophercloud/gophercloud/v2/openstack/image/v2/images"
)

// testFormats boots the guest image from every format that a disk may have, each until its console says which disk it is on.
func testFormats(t *testing.T, c *cloud) {
	demo := c.signIn(t, "demo")
	guest := filepath.Join(filepath.Dir(c.binary), "guest", "cumulet-guest")
	for _, one := range []struct {
		name, format, container string
		make                    func(t *testing.T) string
		properties              func(t *testing.T) map[string]string
		says                    string
	}{
		{name: "qcow2", format: "qcow2", make: is(guest + ".qcow2"), says: "persist /dev/vda2"},
		{name: "raw", format: "raw", make: converted(guest, "raw"), says: "persist /dev/vda2"},
		{name: "vmdk", format: "vmdk", make: converted(guest, "vmdk"), says: "persist /dev/vda2"},
		{name: "stream-optimized vmdk", format: "vmdk", make: converted(guest, "vmdk", "-o", "subformat=streamOptimized"), says: "persist /dev/vda2"},
		{name: "vdi", format: "vdi", make: converted(guest, "vdi"), says: "persist /dev/vda2"},
		{name: "vhd", format: "vhd", make: converted(guest, "vpc"), says: "persist /dev/vda2"},
		{name: "vhdx", format: "vhdx", make: converted(guest, "vhdx"), says: "persist /dev/vda2"},
		{name: "iso", format: "iso", make: burnt(guest), says: "persist none"},
		{name: "ami with its aki and ari", format: "ami", container: "ami", make: is(guest + ".ami"), says: "persist /dev/vda ",
			properties: func(t *testing.T) map[string]string {
				return map[string]string{
					"kernel_id":  demo.uploaded(t, images.CreateOpts{Name: "aki", DiskFormat: "aki", ContainerFormat: "aki"}, guest+".vmlinuz"),
					"ramdisk_id": demo.uploaded(t, images.CreateOpts{Name: "ari", DiskFormat: "ari", ContainerFormat: "ari"}, guest+".initrd"),
				}
			}},
	} {
		t.Run(one.name, func(t *testing.T) {
			t.Parallel()
			options := images.CreateOpts{Name: one.name, DiskFormat: one.format, ContainerFormat: "bare"}
			if one.container != "" {
				options.ContainerFormat, options.Properties = one.container, one.properties(t)
			}
			demo.bootsTo(t, one.name, demo.uploaded(t, options, one.make(t)), one.says)
		})
	}
}

// is is a file that is there.
func is(path string) func(*testing.T) string { return func(*testing.T) string { return path } }

// converted is the guest's disk in a format of qemu-img's.
func converted(guest, format string, options ...string) func(*testing.T) string {
	return func(t *testing.T) string {
		path := filepath.Join(t.TempDir(), "disk")
		made(t, "qemu-img", append(append([]string{"convert", "-f", "qcow2", "-O", format}, options...), guest+".qcow2", path)...)
		return path
	}
}

// burnt is a CD that boots the guest's kernel.
func burnt(guest string) func(*testing.T) string {
	return func(t *testing.T) string {
		folder, path := t.TempDir(), filepath.Join(t.TempDir(), "cd")
		for to, from := range map[string]string{
			"vmlinuz": guest + ".vmlinuz", "initrd": guest + ".initrd",
			"isolinux.bin": "/usr/lib/ISOLINUX/isolinux.bin", "ldlinux.c32": "/usr/lib/syslinux/modules/bios/ldlinux.c32",
		} {
			made(t, "cp", from, filepath.Join(folder, to))
		}
		const menu = "SERIAL 0 115200\nDEFAULT linux\nPROMPT 0\nLABEL linux\n KERNEL vmlinuz\n INITRD initrd\n APPEND console=ttyS0 quiet no_timer_check panic=5\n"
		must(t, os.WriteFile(filepath.Join(folder, "isolinux.cfg"), []byte(menu), 0o600))
		made(t, "genisoimage", "-quiet", "-R", "-b", "isolinux.bin", "-c", "boot.cat", "-no-emul-boot", "-boot-load-size", "4", "-boot-info-table", "-o", path, folder)
		return path
	}
}

func made(t *testing.T, program string, args ...string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), program, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v %s", program, strings.Join(args, " "), err, out)
	}
}

// uploaded is the id of an image made of a file.
func (c *client) uploaded(t *testing.T, options images.CreateOpts, path string) string {
	t.Helper()
	image, err := images.Create(t.Context(), c.image, options).Extract()
	must(t, err)
	bits, err := os.Open(path)
	must(t, err)
	defer bits.Close()
	must(t, imagedata.Upload(t.Context(), c.image, image.ID, bits).ExtractErr())
	return image.ID
}

// bootsTo boots a guest of an image, with nothing but a disk, until its console says something.
func (c *client) bootsTo(t *testing.T, name, image, says string) {
	t.Helper()
	server, err := servers.Create(t.Context(), c.compute, servers.CreateOpts{
		Name: name, ImageRef: image, FlavorRef: "42", Networks: "none",
	}, nil).Extract()
	must(t, err)
	c.status(t, server.ID, "ACTIVE")
	eventually(t, 4*time.Minute, "its console says "+says, func() error {
		console, err := servers.ShowConsoleOutput(t.Context(), c.compute, server.ID, servers.ShowConsoleOutputOpts{}).Extract()
		must(t, err)
		if !strings.Contains(console, "GUEST "+says) {
			return errors.New(console[max(0, len(console)-1000):])
		}
		return nil
	})
	c.remove(t, server.ID)
	must(t, images.Delete(t.Context(), c.image, image).ExtractErr())
}
