package daemon

import (
	"os"
	"path/filepath"
)

// Missing names the Debian packages that a hypervisor host needs and this one lacks.
func Missing() []string {
	var missing []string
	for _, p := range []struct{ name, proof string }{
		{"qemu-system-x86", "/usr/bin/qemu-system-x86_64"},
		{"qemu-utils", "/usr/bin/qemu-img"},
		{"qemu-block-extra", "/usr/lib/*/qemu/block-curl.so"},
		{"ipxe-qemu", "/usr/lib/ipxe/qemu/efi-virtio.rom"},
		{"seabios", "/usr/share/seabios/bios-256k.bin"},
		{"libvirt-daemon", "/usr/sbin/libvirtd"},
		{"libvirt-daemon-system", "/etc/libvirt/qemu.conf"},
		{"libvirt-daemon-driver-qemu", "/usr/lib/*/libvirt/connection-driver/libvirt_driver_qemu.so"},
		{"libvirt-clients", "/usr/bin/virsh"},
	} {
		found, err := filepath.Glob(p.proof)
		if err != nil || len(found) == 0 {
			missing = append(missing, p.name)
			continue
		}
		if _, err := os.Stat(found[0]); err != nil {
			missing = append(missing, p.name)
		}
	}
	return missing
}
