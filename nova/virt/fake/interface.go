package fake

import (
	"context"
	"slices"

	"cumulet/nova/virt"
)

// AttachInterface adds a NIC to the guest.
func (d *Driver) AttachInterface(ctx context.Context, id string, nic virt.NIC) error {
	if err := nic.Check(); err != nil {
		return err
	}
	return d.change(ctx, "AttachInterface", id, func(g *guest) error {
		if !slices.ContainsFunc(g.NICs, sameMAC(nic)) {
			g.NICs = append(g.NICs, nic)
		}
		return nil
	})
}

// DetachInterface takes a NIC from the guest.
func (d *Driver) DetachInterface(ctx context.Context, id string, nic virt.NIC) error {
	return d.change(ctx, "DetachInterface", id, func(g *guest) error {
		// a new slice: Definition may have handed out the old one
		g.NICs = slices.DeleteFunc(slices.Clone(g.NICs), sameMAC(nic))
		return nil
	})
}

func sameMAC(nic virt.NIC) func(virt.NIC) bool {
	return func(other virt.NIC) bool { return other.MAC == nic.MAC }
}
