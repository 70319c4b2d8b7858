// Package libvirt drives QEMU, with KVM where the processor has it, through libvirtd's socket.
//
// What it keeps lies in Instances, one folder a guest, named by its UUID:
//
//	disk            root disk: a qcow2 overlay on the image's file, as large as the flavor says
//	disk.eph0       ephemeral disk, ext4; disk.swap: swap space; disk.config: config drive
//	console.log     what the guest wrote on its serial console (virtlogd writes; console.log.0 is the part before)
//
// Each file is made under a name that ends in .part and then renamed, so one that has its name is whole. Images in
// other formats than qcow2 and raw are converted once, beside their own file (IMAGE.qcow2).
//
// A tap device is made by libvirt when a guest starts and goes when it stops, in libvirtd's network namespace. Who
// wires it watches for it. The daemon package runs a libvirtd for cumulet alone.
package libvirt
