package libvirt

import (
	"encoding/xml"
	"fmt"
	"path/filepath"

	"libvirt.org/go/libvirtxml"

	"cumulet/nova/virt"
)

// definition is the guest as libvirt is told of it.
func (d *Driver) definition(g virt.Guest, disks []disk) (string, error) {
	hardware, err := chooseHardware(g.Image.Properties)
	if err != nil {
		return "", err
	}
	devices, err := d.devices(g, disks, hardware)
	if err != nil {
		return "", err
	}
	about, err := metadata(g.Metadata)
	if err != nil {
		return "", err
	}
	domain := libvirtxml.Domain{
		Type: d.virtType(), UUID: g.ID, Name: g.Name,
		Metadata: &libvirtxml.DomainMetadata{XML: about},
		Memory:   &libvirtxml.DomainMemory{Value: uint(g.MemoryMiB), Unit: "MiB"},
		VCPU:     &libvirtxml.DomainVCPU{Value: uint(g.VCPUs)},
		OS:       d.boot(g, disks[0], hardware),
		Features: &libvirtxml.DomainFeatureList{ACPI: &libvirtxml.DomainFeature{}, APIC: &libvirtxml.DomainFeatureAPIC{}},
		Clock: &libvirtxml.DomainClock{Offset: "utc", Timer: []libvirtxml.DomainTimer{
			{Name: "pit", TickPolicy: "delay"}, {Name: "rtc", TickPolicy: "catchup"}, {Name: "hpet", Present: "no"}}},
		OnPoweroff: "destroy", OnReboot: "restart", OnCrash: "destroy",
		Devices: devices,
	}
	if d.virtType() == "kvm" {
		domain.CPU = &libvirtxml.DomainCPU{Mode: "host-model"}
	} else {
		// else QEMU takes a gigabyte for translated code
		domain.Features.TCG = &libvirtxml.DomainFeatureTCG{TBCache: &libvirtxml.DomainFeatureTCGTBCache{Unit: "MiB", Size: 64}}
	}
	return domain.Marshal()
}

func (d *Driver) boot(g virt.Guest, root disk, hardware hardware) *libvirtxml.DomainOS {
	os := &libvirtxml.DomainOS{Type: &libvirtxml.DomainOSType{Arch: "x86_64", Machine: hardware.machine, Type: "hvm"}}
	if g.Image.KernelPath == "" {
		device := "hd"
		if root.cdrom {
			device = "cdrom"
		}
		os.BootDevices = []libvirtxml.DomainBootDevice{{Dev: device}}
		return os
	}
	os.Kernel, os.Initrd, os.Cmdline = g.Image.KernelPath, g.Image.RamdiskPath, hardware.commandLine
	if os.Cmdline == "" {
		os.Cmdline = "root=/dev/vda console=tty0 console=ttyS0"
	}
	if d.virtType() != "kvm" {
		// under emulation the kernel's check of the timer can fail, and it panics
		os.Cmdline += " no_timer_check"
	}
	return os
}

func (d *Driver) devices(g virt.Guest, disks []disk, hardware hardware) (*libvirtxml.DomainDeviceList, error) {
	port := uint(0)
	list := &libvirtxml.DomainDeviceList{
		Controllers: []libvirtxml.DomainController{{Type: "usb", Model: "none"}},
		Serials: []libvirtxml.DomainSerial{{
			Source: &libvirtxml.DomainChardevSource{Pty: &libvirtxml.DomainChardevSourcePty{}},
			Target: &libvirtxml.DomainSerialTarget{Port: &port},
			Log:    &libvirtxml.DomainChardevLog{File: filepath.Join(d.folder(g.ID), "console.log"), Append: "off"},
		}},
		Graphics: []libvirtxml.DomainGraphic{{VNC: &libvirtxml.DomainGraphicVNC{
			Listeners: []libvirtxml.DomainGraphicListener{{Socket: &libvirtxml.DomainGraphicListenerSocket{}}},
		}}},
		Videos:     []libvirtxml.DomainVideo{{Model: libvirtxml.DomainVideoModel{Type: hardware.video}}},
		MemBalloon: &libvirtxml.DomainMemBalloon{Model: "virtio"},
		RNGs: []libvirtxml.DomainRNG{{Model: "virtio", Backend: &libvirtxml.DomainRNGBackend{
			Random: &libvirtxml.DomainRNGBackendRandom{Device: "/dev/urandom"}}}},
	}
	if hardware.diskBus == "scsi" || hardware.cdromBus == "scsi" {
		list.Controllers = append(list.Controllers, libvirtxml.DomainController{Type: "scsi", Model: "virtio-scsi"})
	}
	list.Disks = diskDevices(disks, hardware)
	for _, nic := range g.NICs {
		device, err := d.interfaceDevice(nic, hardware)
		if err != nil {
			return nil, err
		}
		list.Interfaces = append(list.Interfaces, device)
	}
	return list, nil
}

func diskDevices(disks []disk, hardware hardware) []libvirtxml.DomainDisk {
	var out []libvirtxml.DomainDisk
	used := map[string]int{}
	for _, each := range disks {
		device, bus := "disk", hardware.diskBus
		if each.cdrom {
			device, bus = "cdrom", hardware.cdromBus
		}
		prefix := map[string]string{"virtio": "vd", "ide": "hd", "sata": "sd", "scsi": "sd"}[bus]
		one := libvirtxml.DomainDisk{
			Device: device,
			Driver: &libvirtxml.DomainDiskDriver{Name: "qemu", Type: each.format},
			Source: file(each.path),
			Target: &libvirtxml.DomainDiskTarget{Dev: fmt.Sprintf("%s%c", prefix, 'a'+rune(used[prefix])), Bus: bus},
			// what is below is said in full, and ends: nothing is read out of headers
			BackingStore: &libvirtxml.DomainDiskBackingStore{},
		}
		used[prefix]++
		if each.cdrom {
			one.ReadOnly = &libvirtxml.DomainDiskReadOnly{}
		}
		if each.backing != nil {
			one.BackingStore = &libvirtxml.DomainDiskBackingStore{
				Format: &libvirtxml.DomainDiskFormat{Type: each.backing.format},
				Source: file(each.backing.path), BackingStore: &libvirtxml.DomainDiskBackingStore{},
			}
		}
		out = append(out, one)
	}
	return out
}

func file(path string) *libvirtxml.DomainDiskSource {
	return &libvirtxml.DomainDiskSource{File: &libvirtxml.DomainDiskSourceFile{File: path}}
}

// interfaceDevice is a NIC whose tap device libvirt makes and whoever wires ports plugs in.
func (d *Driver) interfaceDevice(nic virt.NIC, hardware hardware) (libvirtxml.DomainInterface, error) {
	model, err := hardware.nicModel(nic.Model)
	if err != nil {
		return libvirtxml.DomainInterface{}, err
	}
	device := libvirtxml.DomainInterface{
		MAC:    &libvirtxml.DomainInterfaceMAC{Address: nic.MAC},
		Source: &libvirtxml.DomainInterfaceSource{Ethernet: &libvirtxml.DomainInterfaceSourceEthernet{}},
		Target: &libvirtxml.DomainInterfaceTarget{Dev: nic.Device},
		Model:  &libvirtxml.DomainInterfaceModel{Type: model},
	}
	if nic.MTU > 0 {
		device.MTU = &libvirtxml.DomainInterfaceMTU{Size: uint(nic.MTU)}
	}
	if d.virtType() != "kvm" {
		// the network boot ROM costs an emulated guest a second
		device.ROM = &libvirtxml.DomainROM{Enabled: "no"}
	}
	return device, nil
}

// about is nova's own element in a definition, as nova/virt/libvirt/config.py LibvirtConfigGuestMetaNovaInstance.
type about struct {
	XMLName   xml.Name `xml:"nova:instance"`
	Namespace string   `xml:"xmlns:nova,attr"`
	Name      string   `xml:"nova:name"`
	Flavor    struct {
		Name string `xml:"name,attr"`
	} `xml:"nova:flavor"`
	User struct {
		UUID string `xml:"uuid,attr"`
	} `xml:"nova:owner>nova:user"`
	Project struct {
		UUID string `xml:"uuid,attr"`
	} `xml:"nova:owner>nova:project"`
}

func metadata(m virt.Metadata) (string, error) {
	a := about{Namespace: "http://openstack.org/xmlns/libvirt/nova/1.1", Name: m.DisplayName}
	a.Flavor.Name, a.User.UUID, a.Project.UUID = m.Flavor, m.UserID, m.ProjectID
	text, err := xml.Marshal(a)
	return string(text), err
}
