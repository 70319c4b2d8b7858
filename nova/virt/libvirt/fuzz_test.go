package libvirt

import (
	"strings"
	"testing"
	"unicode/utf8"

	"libvirt.org/go/libvirtxml"

	"cumulet/nova/virt"
	"cumulet/nova/virt/virttest"
)

// FuzzDefinition holds that nothing that a user gives a server gets out of its place in the definition.
func FuzzDefinition(f *testing.F) {
	f.Add("hello", "nano", "virtio", "virtio", "console=ttyS0")
	f.Add("</nova:name><disk type='file'/>", "\"/><x a=\"", "ide", "e1000", "]]>")
	f.Add("\x01\xff<!--", "&lt;", "scsi", "rtl8139", "--><x/>")
	d := &Driver{Instances: "/instances", VirtType: "qemu"}
	f.Fuzz(func(t *testing.T, name, flavor, bus, nic, commandLine string) {
		g := virttest.NewGuest(1, virt.Image{KernelPath: "/kernel", RamdiskPath: "/initrd", Properties: map[string]string{
			"hw_disk_bus": bus, "hw_vif_model": nic, "os_command_line": commandLine}})
		g.Metadata.DisplayName, g.Metadata.Flavor = name, flavor
		text, err := d.definition(g, []disk{{path: "/instances/x/disk", format: "qcow2"}})
		if err != nil {
			return
		}
		var got libvirtxml.Domain
		if err := got.Unmarshal(text); err != nil {
			t.Fatalf("%q makes no XML: %v", name, err)
		}
		if len(got.Devices.Disks) != 1 || got.Devices.Disks[0].Source.File.File != "/instances/x/disk" || len(got.Devices.Interfaces) != 1 || got.UUID != g.ID || got.OS.Kernel != "/kernel" {
			t.Errorf("%q, %q, %q make %s", name, flavor, commandLine, text)
		}
		if utf8.ValidString(commandLine) && !strings.ContainsFunc(commandLine, func(r rune) bool { return r < ' ' || r == 0xfffe || r == 0xffff }) &&
			commandLine != "" && strings.TrimSpace(got.OS.Cmdline) != strings.TrimSpace(commandLine+" no_timer_check") {
			t.Errorf("the command line %q becomes %q", commandLine, got.OS.Cmdline)
		}
	})
}

// FuzzInterface holds that no definition that libvirt gives makes the reader panic.
func FuzzInterface(f *testing.F) {
	for _, text := range []string{
		"<domain/>", "<domain><devices/></domain>", "<domain><devices><interface type='ethernet'><mac address='fa:16:3e:00:00:01'/></interface></devices></domain>",
		"<domain><devices><interface/></devices></domain>", "", "<x>", "<domain type='kvm'><devices><interface type='x'><mac/></interface></devices></domain>",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		device, err := interfaceIn(text, "fa:16:3e:00:00:01")
		if err == nil && device != nil && !strings.EqualFold(device.MAC.Address, "fa:16:3e:00:00:01") {
			t.Errorf("%q has %+v", text, device)
		}
	})
}
