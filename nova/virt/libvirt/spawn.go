package libvirt

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	golibvirt "github.com/digitalocean/go-libvirt"

	"cumulet/nova/virt"
	"cumulet/oslo/telemetry"
)

// Spawn makes the guest's disks, defines it and starts it.
func (d *Driver) Spawn(ctx context.Context, g virt.Guest, progress virt.Progress) error {
	if err := g.Check(); err != nil {
		return err
	}
	if done, err := d.spawned(ctx, g.ID); done || err != nil {
		return err
	}
	progress.Say(virt.StepDisks)
	making, end := telemetry.Start(ctx, "libvirt.make_disks", slog.String("guest", g.ID))
	disks, err := d.makeDisks(making, g)
	end(err)
	if err != nil {
		return fmt.Errorf("spawn guest %q: %w", g.ID, err)
	}
	definition, err := d.definition(g, disks)
	if err != nil {
		return fmt.Errorf("spawn guest %q: %w", g.ID, err)
	}
	err = d.call(ctx, func(conn *golibvirt.Libvirt) error {
		progress.Say(virt.StepDefine)
		_, end := telemetry.Start(ctx, "libvirt.define", slog.String("guest", g.ID))
		dom, err := conn.DomainDefineXMLFlags(definition, golibvirt.DomainDefineValidate)
		end(err)
		if err != nil {
			return fmt.Errorf("define: %w", err)
		}
		progress.Say(virt.StepStart)
		_, end = telemetry.Start(ctx, "libvirt.start", slog.String("guest", g.ID))
		err = domain{conn, dom}.start()
		end(err)
		return err
	})
	if err != nil {
		return fmt.Errorf("spawn guest %q: %w", g.ID, err)
	}
	d.log().InfoContext(ctx, "guest started", "guest", g.ID, "name", g.Name)
	return nil
}

// spawned tells whether an earlier Spawn came to its end: the guest runs, or did and is paused or suspended.
func (d *Driver) spawned(ctx context.Context, id string) (bool, error) {
	state, err := d.Guest(ctx, id)
	if isNoGuest(err) {
		return false, nil
	}
	return state == virt.Running || state == virt.Paused || state == virt.Suspended, err
}

// Destroy ends the guest and removes all that Spawn made, whole or in part.
func (d *Driver) Destroy(ctx context.Context, id string) error {
	if err := virt.CheckID(id); err != nil {
		return err
	}
	err := d.with(ctx, "destroy", id, func(dom domain) error {
		if err := dom.stop(); err != nil {
			return err
		}
		err := dom.DomainUndefineFlags(dom.Domain, golibvirt.DomainUndefineManagedSave|golibvirt.DomainUndefineSnapshotsMetadata|
			golibvirt.DomainUndefineCheckpointsMetadata|golibvirt.DomainUndefineNvram)
		if golibvirt.IsNotFound(err) {
			return nil
		}
		return err
	})
	if err != nil && !isNoGuest(err) {
		return err
	}
	if err := os.RemoveAll(d.folder(id)); err != nil {
		return fmt.Errorf("destroy guest %q: %w", id, err)
	}
	if err == nil {
		d.log().InfoContext(ctx, "guest destroyed", "guest", id)
	}
	return nil
}
