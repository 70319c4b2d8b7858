package libvirt

import (
	"slices"
	"strings"
)

// hardware is what an image's properties ask of the virtual machine.
type hardware struct {
	machine     string
	diskBus     string
	cdromBus    string
	vifModel    string
	video       string
	commandLine string
}

// choices are the properties that are heeded: the values allowed and, first, the default. What glance's
// documentation names beside these is accepted and has no effect.
var choices = map[string][]string{
	"hw_machine_type": {"pc", "q35"},
	"hw_disk_bus":     {"virtio", "ide", "sata", "scsi"},
	"hw_vif_model":    {"virtio", "e1000", "e1000e", "rtl8139", "ne2k_pci", "pcnet", "vmxnet3"},
	"hw_video_model":  {"vga", "virtio", "cirrus", "qxl", "bochs", "none"},
	"hw_cdrom_bus":    {"", "ide", "sata", "scsi", "virtio"},
}

func chooseHardware(properties map[string]string) (hardware, error) {
	pick := func(name string) (string, error) {
		allowed := choices[name]
		value, given := properties[name]
		if !given || value == "" {
			return allowed[0], nil
		}
		if !slices.Contains(allowed, value) {
			return "", unacceptable("property %s cannot be %q, but %s", name, value, strings.Join(allowed, ", "))
		}
		return value, nil
	}
	var h hardware
	for name, field := range map[string]*string{
		"hw_machine_type": &h.machine, "hw_disk_bus": &h.diskBus, "hw_vif_model": &h.vifModel,
		"hw_video_model": &h.video, "hw_cdrom_bus": &h.cdromBus,
	} {
		value, err := pick(name)
		if err != nil {
			return hardware{}, err
		}
		*field = value
	}
	if h.cdromBus == "" {
		h.cdromBus = map[string]string{"pc": "ide", "q35": "sata"}[h.machine]
	}
	if h.machine == "q35" && (h.diskBus == "ide" || h.cdromBus == "ide") {
		return hardware{}, unacceptable("machine type q35 has no IDE bus")
	}
	h.commandLine = properties["os_command_line"]
	if len(h.commandLine) > 2048 || strings.ContainsFunc(h.commandLine, func(r rune) bool { return r < ' ' }) {
		return hardware{}, unacceptable("property os_command_line is no command line")
	}
	return h, nil
}

// nicModel is the model of a NIC that names its own, or the image's.
func (h hardware) nicModel(own string) (string, error) {
	if own == "" {
		return h.vifModel, nil
	}
	if !slices.Contains(choices["hw_vif_model"], own) {
		return "", unacceptable("an interface cannot be of model %q", own)
	}
	return own, nil
}
