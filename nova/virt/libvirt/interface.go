package libvirt

import (
	"context"
	"fmt"
	"strings"
	"time"

	golibvirt "github.com/digitalocean/go-libvirt"
	"libvirt.org/go/libvirtxml"

	"cumulet/nova/virt"
	"cumulet/oslo/fault"
)

// unplugTime is how long a guest may take to let go of a device.
const unplugTime = 20 * time.Second

// AttachInterface plugs the NIC into the definition, and into the running guest.
func (d *Driver) AttachInterface(ctx context.Context, id string, nic virt.NIC) error {
	if err := nic.Check(); err != nil {
		return err
	}
	device, err := d.interfaceDevice(nic, hardware{vifModel: "virtio"})
	if err != nil {
		return err
	}
	text, err := device.Marshal()
	if err != nil {
		return err
	}
	return d.with(ctx, "attach interface to", id, func(dom domain) error {
		return dom.eachWhere(func(where golibvirt.DomainDeviceModifyFlags) error {
			plugged, err := dom.plugged(where, nic)
			if err != nil || plugged != nil {
				return err
			}
			return dom.DomainAttachDeviceFlags(dom.Domain, text, uint32(where))
		})
	})
}

// DetachInterface unplugs the NIC from the definition, and waits until the running guest has let go of it.
func (d *Driver) DetachInterface(ctx context.Context, id string, nic virt.NIC) error {
	err := d.with(ctx, "detach interface from", id, func(dom domain) error {
		return dom.eachWhere(func(where golibvirt.DomainDeviceModifyFlags) error { return dom.unplug(where, nic) })
	})
	if err != nil {
		return err
	}
	patient, cancel := context.WithTimeout(ctx, unplugTime)
	defer cancel()
	tick := time.NewTicker(look)
	defer tick.Stop()
	for {
		gone := false
		err := d.with(ctx, looking, id, func(dom domain) error {
			plugged, err := dom.plugged(golibvirt.DomainDeviceModifyCurrent, nic)
			gone = plugged == nil
			return err
		})
		if gone || err != nil {
			return err
		}
		select {
		case <-tick.C:
		case <-patient.Done():
			if err := ctx.Err(); err != nil {
				return err
			}
			return fault.New(fault.Timeout, "InterfaceDetachFailed", "Guest %s did not let go of the interface %s.", id, nic.MAC)
		}
	}
}

// eachWhere does for the definition, and if the guest runs for the running guest.
func (dom domain) eachWhere(do func(golibvirt.DomainDeviceModifyFlags) error) error {
	if err := do(golibvirt.DomainDeviceModifyConfig); err != nil {
		return fmt.Errorf("in the definition: %w", err)
	}
	state, err := dom.state()
	if err != nil || (state != virt.Running && state != virt.Paused) {
		return err
	}
	return do(golibvirt.DomainDeviceModifyLive)
}

// unplug asks the guest to let go of the NIC.
func (dom domain) unplug(where golibvirt.DomainDeviceModifyFlags, nic virt.NIC) error {
	device, err := dom.plugged(where, nic)
	if err != nil || device == nil {
		return err
	}
	text, err := device.Marshal()
	if err != nil {
		return err
	}
	err = dom.DomainDetachDeviceFlags(dom.Domain, text, uint32(where))
	if is(err, golibvirt.ErrDeviceMissing) || (err != nil && strings.Contains(err.Error(), "in the process of unplug")) {
		return nil
	}
	return err
}

// plugged is the guest's interface with the NIC's MAC; nil when there is none.
func (dom domain) plugged(where golibvirt.DomainDeviceModifyFlags, nic virt.NIC) (*libvirtxml.DomainInterface, error) {
	flags := golibvirt.DomainXMLFlags(0)
	if where == golibvirt.DomainDeviceModifyConfig {
		flags = golibvirt.DomainXMLInactive
	}
	text, err := dom.DomainGetXMLDesc(dom.Domain, flags)
	if err != nil {
		return nil, err
	}
	return interfaceIn(text, nic.MAC)
}

// interfaceIn finds a definition's interface by its MAC; nil when there is none.
func interfaceIn(text, mac string) (*libvirtxml.DomainInterface, error) {
	var definition libvirtxml.Domain
	if err := definition.Unmarshal(text); err != nil {
		return nil, err
	}
	if definition.Devices == nil {
		return nil, nil
	}
	for _, one := range definition.Devices.Interfaces {
		if one.MAC != nil && strings.EqualFold(one.MAC.Address, mac) {
			return &one, nil
		}
	}
	return nil, nil
}
