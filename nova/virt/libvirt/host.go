package libvirt

import (
	"context"
	"fmt"
	"math"
	"os"
	"runtime"

	golibvirt "github.com/digitalocean/go-libvirt"
	"golang.org/x/sys/unix"
	"libvirt.org/go/libvirtxml"

	"cumulet/nova/virt"
	"cumulet/nova/virt/libvirt/daemon"
)

// Host says what libvirt found this host to be.
func (d *Driver) Host(ctx context.Context) (virt.Host, error) {
	var host virt.Host
	err := d.call(ctx, func(conn *golibvirt.Libvirt) error {
		var err error
		host, err = d.host(conn)
		return err
	})
	if err != nil {
		return virt.Host{}, fmt.Errorf("describe host: %w", err)
	}
	return host, nil
}

func (d *Driver) host(conn *golibvirt.Libvirt) (virt.Host, error) {
	name, err := conn.ConnectGetHostname()
	if err != nil {
		return virt.Host{}, err
	}
	kind, err := conn.ConnectGetType()
	if err != nil {
		return virt.Host{}, err
	}
	version, err := conn.ConnectGetVersion()
	if err != nil {
		return virt.Host{}, err
	}
	_, memoryKiB, cpus, _, _, _, _, _, err := conn.NodeGetInfo()
	if err != nil {
		return virt.Host{}, err
	}
	text, err := conn.ConnectGetCapabilities()
	if err != nil {
		return virt.Host{}, err
	}
	var caps libvirtxml.Caps
	if err := caps.Unmarshal(text); err != nil {
		return virt.Host{}, err
	}
	size, free, err := d.space()
	if err != nil {
		return virt.Host{}, err
	}
	return virt.Host{
		Hostname: name, HypervisorType: kind, HypervisorVersion: int(version),
		VCPUs: int(cpus), MemoryMiB: int(memoryKiB / 1024), DiskGiB: size, DiskFreeGiB: free,
		CPU: processor(caps.Host.CPU), Supported: d.machines(caps.Guests),
	}, nil
}

func processor(cpu *libvirtxml.CapsHostCPU) virt.CPU {
	out := virt.CPU{Arch: runtime.GOARCH, Features: []string{}}
	if cpu == nil {
		return out
	}
	out.Arch, out.Model, out.Vendor = cpu.Arch, cpu.Model, cpu.Vendor
	if t := cpu.Topology; t != nil {
		out.Topology = virt.Topology{Cells: 1, Sockets: t.Sockets, Cores: t.Cores, Threads: t.Threads}
	}
	for _, f := range cpu.FeatureFlags {
		out.Features = append(out.Features, f.Name)
	}
	return out
}

// machines are the kinds of guests libvirt can run, without the kvm that this processor does not have.
func (d *Driver) machines(guests []libvirtxml.CapsGuest) []virt.Machine {
	var out []virt.Machine
	for _, g := range guests {
		for _, domain := range g.Arch.Domains {
			if domain.Type == "kvm" && d.virtType() != "kvm" {
				continue
			}
			out = append(out, virt.Machine{Arch: g.Arch.Name, Type: domain.Type, Mode: g.OSType})
		}
	}
	return out
}

// space is the size of the file system that holds the disks, and what is free of it.
func (d *Driver) space() (sizeGiB, freeGiB int, err error) {
	if err := os.MkdirAll(d.Instances, 0o711); err != nil {
		return 0, 0, err
	}
	var s unix.Statfs_t
	if err := unix.Statfs(d.Instances, &s); err != nil {
		return 0, 0, err
	}
	gib := func(blocks uint64) int {
		return int(min(blocks*uint64(s.Bsize)>>30, math.MaxInt32))
	}
	return gib(s.Blocks), gib(s.Bavail), nil
}

// virtType is what was configured, or "kvm" where that works.
func (d *Driver) virtType() string {
	switch {
	case d.VirtType != "":
		return d.VirtType
	case daemon.KVM():
		return "kvm"
	}
	return "qemu"
}
