package compute

import (
	"context"
	"fmt"

	"cumulet/nova"
	"cumulet/nova/virt"
	"cumulet/oslo/fault"
)

// BuildServer makes a server's guest and starts it. One that runs already is left as it is.
func (c *Compute) BuildServer(ctx context.Context, m nova.BuildServer) (nova.GuestState, error) {
	var state nova.GuestState
	err := c.guests.alone(ctx, m.Server.ID, func(ctx context.Context) error {
		now, err := c.Driver.Guest(ctx, m.Server.ID)
		if err == nil && now == virt.Running {
			state.PowerState = nova.PowerState(now)
			return nil
		}
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		leave, err := c.guests.turn(ctx)
		if err != nil {
			return err
		}
		defer leave()
		guest, err := c.guest(ctx, m.Server)
		if err != nil {
			return err
		}
		if err := c.Driver.Spawn(ctx, guest, nil); err != nil {
			return fmt.Errorf("spawn: %w", err)
		}
		now, err = c.Driver.Guest(ctx, m.Server.ID)
		state.PowerState = nova.PowerState(now)
		return err
	})
	if err != nil {
		return state, fmt.Errorf("build guest of server %q: %w", m.Server.ID, err)
	}
	return state, nil
}

// guest is what the driver must know, with the images fetched.
func (c *Compute) guest(ctx context.Context, s nova.Server) (virt.Guest, error) {
	image, err := c.FetchImage(ctx, s.ImageID)
	if err != nil {
		return virt.Guest{}, fmt.Errorf("fetch image %q: %w", s.ImageID, err)
	}
	for _, part := range []struct {
		id string
		to *string
	}{{s.KernelID, &image.KernelPath}, {s.RamdiskID, &image.RamdiskPath}} {
		if part.id == "" {
			continue
		}
		file, err := c.FetchImage(ctx, part.id)
		if err != nil {
			return virt.Guest{}, fmt.Errorf("fetch image %q: %w", part.id, err)
		}
		*part.to = file.Path
	}
	g := virt.Guest{
		ID: s.ID, Name: s.GuestName(), VCPUs: s.Flavor.VCPUs, MemoryMiB: s.Flavor.RAMMiB, RootGiB: s.Flavor.DiskGiB,
		EphemeralGiB: s.Flavor.EphemeralGiB, SwapMiB: s.Flavor.SwapMiB, Image: image,
		Metadata: virt.Metadata{DisplayName: s.Name, Flavor: s.Flavor.Name, ProjectID: s.ProjectID, UserID: s.UserID},
	}
	for _, vif := range s.Network {
		g.NICs = append(g.NICs, nic(vif, image.Properties["hw_vif_model"]))
	}
	if s.ConfigDrive {
		g.ConfigDrive = c.ConfigDrive(s)
	}
	return g, nil
}

func nic(vif nova.VIF, model string) virt.NIC {
	return virt.NIC{PortID: vif.PortID, MAC: vif.MAC, Device: virt.TapName(vif.PortID), MTU: vif.MTU, Model: model}
}

// DestroyServer removes a server's guest with its disks. One that is not there is no error.
func (c *Compute) DestroyServer(ctx context.Context, m nova.DestroyServer) (struct{}, error) {
	return struct{}{}, c.destroy(ctx, m.Server.ID)
}

func (c *Compute) destroy(ctx context.Context, id string) error {
	c.guests.breakOff(id)
	err := c.guests.alone(ctx, id, func(ctx context.Context) error { return c.Driver.Destroy(ctx, id) })
	if err != nil {
		return fmt.Errorf("destroy guest of server %q: %w", id, err)
	}
	return nil
}
