package virt

import (
	"net"
	"regexp"

	"cumulet/oslo/fault"
)

// Guest is all a driver needs to make one.
type Guest struct {
	ID   string // the server's UUID
	Name string // the name on the host, "instance-0000002a"; unique on it

	VCPUs        int
	MemoryMiB    int
	RootGiB      int // 0: as large as the image
	EphemeralGiB int // 0: none
	SwapMiB      int // 0: none

	Image Image
	NICs  []NIC
	// ConfigDrive holds the files of the config drive by path ("openstack/latest/meta_data.json"); nil: no drive.
	ConfigDrive map[string][]byte
	Metadata    Metadata
}

// Image is a guest image that lies on this host.
type Image struct {
	ID string
	// Path is the image's file. It must stay as it is for as long as any guest that was made from it: disks are
	// overlays on it.
	Path string
	// Format is glance's disk_format: qcow2, raw, ami, iso, vmdk, vdi, vhd, vhdx. It is believed, never guessed.
	Format string
	// KernelPath and RamdiskPath, when set, are booted directly (AKI, ARI).
	KernelPath  string
	RamdiskPath string
	// MinDiskGiB and Properties are glance's min_disk and the hw_* and os_* properties.
	MinDiskGiB int
	Properties map[string]string
}

// NIC is a guest's end of a neutron port.
type NIC struct {
	PortID string
	MAC    string
	// Device is the tap device the driver makes on the host's side: TapName(PortID).
	Device string
	MTU    int    // 0: the default
	Model  string // hw_vif_model; "": virtio
}

// Metadata is what an operator who looks at the hypervisor reads about a guest. It decides nothing.
type Metadata struct {
	DisplayName string
	Flavor      string
	ProjectID   string
	UserID      string
}

// TapName is the name of the tap device of a port, as neutron_lib/constants.py TAP_DEVICE_PREFIX and
// nova/network/model.py NIC_NAME_LEN have it.
func TapName(portID string) string {
	const length = 14
	name := "tap" + portID
	return name[:min(len(name), length)]
}

var (
	uuidForm   = regexp.MustCompile(`^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$`)
	nameForm   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$`)
	deviceForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,14}$`)
)

// CheckID refuses what is no UUID in its canonical form; drivers make paths of it.
func CheckID(id string) error {
	if !uuidForm.MatchString(id) {
		return fault.New(fault.Invalid, "InvalidUUID", "Expected a uuid but received %s.", id)
	}
	return nil
}

// Check refuses a guest that no driver could make.
func (g Guest) Check() error {
	if err := CheckID(g.ID); err != nil {
		return err
	}
	switch {
	case !nameForm.MatchString(g.Name):
		return unacceptable("name %q", g.Name)
	case g.VCPUs < 1:
		return unacceptable("%d vCPUs", g.VCPUs)
	case g.MemoryMiB < 1:
		return unacceptable("%d MiB of memory", g.MemoryMiB)
	case g.RootGiB < 0 || g.EphemeralGiB < 0 || g.SwapMiB < 0:
		return unacceptable("a disk of negative size")
	}
	for _, nic := range g.NICs {
		if err := nic.Check(); err != nil {
			return err
		}
	}
	return nil
}

// Check refuses an interface that no driver could make.
func (n NIC) Check() error {
	if _, err := net.ParseMAC(n.MAC); err != nil {
		return unacceptable("MAC address %q", n.MAC)
	}
	if !deviceForm.MatchString(n.Device) {
		return unacceptable("device name %q", n.Device)
	}
	return nil
}

func unacceptable(format string, args ...any) error {
	f := fault.New(fault.Invalid, "InvalidGuest", format, args...)
	f.Text = "A guest cannot have " + f.Text + "."
	return f
}

// NoGuest is the fault of asking for a guest that is not here.
func NoGuest(id string) error {
	return fault.New(fault.NotFound, "InstanceNotFound", "Instance %s could not be found.", id)
}

// WrongState is the fault of asking a guest for what it cannot do in the state it is in.
func WrongState(id string, state State, verb string) error {
	return fault.New(fault.Conflict, "InstanceInvalidState", "Cannot %s instance %s while it is %s.", verb, id, state)
}

// DiskTooSmall is the fault of a flavor whose root disk does not hold the image, as nova/exception.py has it.
func DiskTooSmall(flavorBytes, imageBytes int64) error {
	return fault.New(fault.Invalid, "FlavorDiskSmallerThanImage",
		"Flavor's disk is too small for requested image. Flavor disk is %d bytes, image is %d bytes.", flavorBytes, imageBytes)
}
