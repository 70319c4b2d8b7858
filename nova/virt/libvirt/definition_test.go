package libvirt

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"libvirt.org/go/libvirtxml"

	"cumulet/nova/virt"
	"cumulet/nova/virt/virttest"
	"cumulet/oslo/fault"
	"cumulet/oslo/format/formattest"
	"cumulet/oslo/qemuimg"
)

func TestDefinitionEndsTheChainOfDisks(t *testing.T) {
	t.Parallel()
	d := &Driver{Instances: "/instances", VirtType: "qemu"}
	g := virttest.NewGuest(1, virt.Image{})
	text, err := d.definition(g, []disk{
		{path: "/instances/x/disk", format: "qcow2", backing: &image{path: "/base", format: "raw"}},
		{path: "/instances/x/disk.config", format: "raw", cdrom: true}})
	if err != nil {
		t.Fatal(err)
	}
	var got libvirtxml.Domain
	if err := got.Unmarshal(text); err != nil {
		t.Fatal(err)
	}
	root := got.Devices.Disks[0]
	if root.BackingStore.Format.Type != "raw" || root.BackingStore.Source.File.File != "/base" || root.BackingStore.BackingStore == nil {
		t.Errorf("the root disk is %s", text)
	}
	if root.Target.Dev != "vda" || got.Devices.Disks[1].Target.Dev != "hda" || got.Devices.Disks[1].ReadOnly == nil {
		t.Errorf("the disks are %s", text)
	}
	if got.UUID != g.ID || got.Name != g.Name || got.Features.TCG.TBCache.Size != 64 {
		t.Errorf("the guest is %s", text)
	}
	if !strings.Contains(text, "virttest &lt;&amp;\ufffd&gt; ä") {
		t.Errorf("its name is not escaped in %s", text)
	}
}

func TestKVMGuestHasTheHostsProcessor(t *testing.T) {
	t.Parallel()
	d := &Driver{Instances: "/instances", VirtType: "kvm"}
	text, err := d.definition(virttest.NewGuest(1, virt.Image{}), []disk{{path: "/disk", format: "qcow2"}})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(text, `type="kvm"`) || !strings.Contains(text, `mode="host-model"`) || strings.Contains(text, "tcg") {
		t.Error(text)
	}
}

func TestUnknownHardwareIsRefused(t *testing.T) {
	t.Parallel()
	for name, value := range map[string]string{
		"hw_machine_type": "pc'/>", "hw_disk_bus": "floppy", "hw_vif_model": "x", "hw_video_model": "x", "hw_cdrom_bus": "x",
		"os_command_line": "a\nb",
	} {
		if _, err := chooseHardware(map[string]string{name: value}); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s=%s: %v", name, value, err)
		}
	}
	if _, err := chooseHardware(map[string]string{"hw_machine_type": "q35", "hw_disk_bus": "ide"}); err == nil {
		t.Error("q35 with IDE accepted")
	}
	h, err := chooseHardware(map[string]string{"hw_machine_type": "q35", "hw_qemu_guest_agent": "yes"})
	if err != nil || h.cdromBus != "sata" {
		t.Errorf("q35 gives %+v, %v", h, err)
	}
}

func TestHostileImagesAreRefusedBeforeAnythingOpensThem(t *testing.T) {
	t.Parallel()
	d := &Driver{Instances: t.TempDir()}
	for _, hostile := range formattest.Hostile() {
		if name := qemuimg.Name(hostile.Declared); name == "raw" {
			continue // nothing reads a header there
		}
		folder := t.TempDir()
		path := filepath.Join(folder, "image")
		if err := os.WriteFile(path, hostile.Bits, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := d.makeDisks(t.Context(), virttest.NewGuest(1, virt.Image{Path: path, Format: string(hostile.Declared)}))
		if f := fault.Of(err); f == nil || f.Name != "ImageUnacceptable" {
			t.Errorf("%s: %v", hostile.Name, err)
		}
		if left, err := os.ReadDir(folder); err != nil || len(left) != 1 {
			t.Errorf("%s: left are %v, %v", hostile.Name, left, err)
		}
	}
}

// A small file with a disk larger than the flavor's is not unpacked to see that.
func TestABombIsRefusedByItsSize(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/usr/bin/qemu-img"); err != nil {
		t.Skip("qemu-utils is not installed")
	}
	folder := t.TempDir()
	path := filepath.Join(folder, "image")
	if err := run(t.Context(), "/usr/bin/qemu-img", "create", "-q", "-f", "vmdk", path, "100G"); err != nil {
		t.Fatal(err)
	}
	d := &Driver{Instances: t.TempDir()}
	g := virttest.NewGuest(1, virt.Image{Path: path, Format: "vmdk"})
	g.RootGiB = 1
	_, err := d.makeDisks(t.Context(), g)
	if f := fault.Of(err); f == nil || f.Name != "FlavorDiskSmallerThanImage" {
		t.Errorf("it says %v", err)
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) != 1 {
		t.Errorf("left are %v, %v", left, err)
	}
}

func TestImageLargerThanTheFlavorIsRefused(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "image")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 2*gib); err != nil {
		t.Fatal(err)
	}
	d := &Driver{Instances: t.TempDir()}
	g := virttest.NewGuest(1, virt.Image{Path: path, Format: "raw"})
	_, err := d.makeDisks(t.Context(), g)
	if f := fault.Of(err); f == nil || f.Name != "FlavorDiskSmallerThanImage" {
		t.Errorf("it says %v", err)
	}
	g.Image.Format = "docker"
	if _, err := d.makeDisks(t.Context(), g); !fault.Is(err, fault.Invalid) {
		t.Errorf("of an unknown format it says %v", err)
	}
}

func TestForeignFormatIsConvertedOnce(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/usr/bin/qemu-img"); err != nil {
		t.Skip("qemu-utils is not installed")
	}
	path := filepath.Join(t.TempDir(), "image")
	if err := run(t.Context(), "/usr/bin/qemu-img", "create", "-q", "-f", "vmdk", path, "3M"); err != nil {
		t.Fatal(err)
	}
	d := &Driver{Instances: t.TempDir()}
	g := virttest.NewGuest(1, virt.Image{Path: path, Format: "vmdk"})
	for range 2 {
		disks, err := d.makeDisks(t.Context(), g)
		if err != nil {
			t.Fatal(err)
		}
		if root := disks[0]; root.backing.path != path+".qcow2" || root.backing.format != "qcow2" || root.backing.bytes != 3*mib {
			t.Errorf("the root disk is %+v on %+v", root, root.backing)
		}
		// the second time nothing is converted: the image is gone
		if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
}

func TestGuestsBuiltAtOnceShareOneConversion(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/usr/bin/qemu-img"); err != nil {
		t.Skip("qemu-utils is not installed")
	}
	raw := filepath.Join(t.TempDir(), "raw")
	if err := os.WriteFile(raw, bytes.Repeat([]byte("some data "), 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "image")
	if err := run(t.Context(), "/usr/bin/qemu-img", "convert", "-f", "raw", "-O", "vdi", raw, path); err != nil {
		t.Fatal(err)
	}
	d := &Driver{Instances: t.TempDir()}
	var all sync.WaitGroup
	for n := range 8 {
		all.Go(func() {
			if _, err := d.makeDisks(t.Context(), virttest.NewGuest(n, virt.Image{Path: path, Format: "vdi"})); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if err := run(t.Context(), "/usr/bin/qemu-img", "compare", "-f", "raw", "-F", "qcow2", raw, path+".qcow2"); err != nil {
		t.Error(err)
	}
}

func TestSmallRootFollowsTheImage(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/usr/bin/qemu-img"); err != nil {
		t.Skip("qemu-utils is not installed")
	}
	path := filepath.Join(t.TempDir(), "image, with a comma")
	if err := os.WriteFile(path, make([]byte, 5*mib), 0o600); err != nil {
		t.Fatal(err)
	}
	d := &Driver{Instances: t.TempDir()}
	for gibs, want := range map[int]uint64{0: uint64(5 * mib), 2: uint64(2 * gib)} {
		g := virttest.NewGuest(gibs, virt.Image{Path: path, Format: "raw"})
		g.RootGiB = gibs
		disks, err := d.makeDisks(t.Context(), g)
		if err != nil {
			t.Fatal(err)
		}
		header, err := os.ReadFile(disks[0].path)
		if err != nil {
			t.Fatal(err)
		}
		if got := binary.BigEndian.Uint64(header[24:]); got != want {
			t.Errorf("a root of %d GiB has %d bytes, not %d", gibs, got, want)
		}
	}
}
