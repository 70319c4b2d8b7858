package registry

import (
	"context"
	"maps"

	"cumulet/glance"
	"cumulet/glance/db"
	"cumulet/oslo/messaging"
)

// process does with the image what plugins do: with its staged bits, on the host that has them, and with its properties.
func (r *Registry) process(ctx context.Context, s *importState) error {
	if len(s.Handling.Properties) > 0 {
		err := r.alter(ctx, s, "image.update", func(_ *db.Tx, i *glance.Image) error {
			maps.Copy(i.Properties, s.Handling.Properties)
			return nil
		})
		if err != nil {
			return err
		}
	}
	if len(s.Handling.Plugins) == 0 || s.Staged == nil {
		return nil
	}
	now, err := r.DB.Staged(ctx, s.ImageID)
	if err != nil {
		return err
	}
	before := *s.Staged
	if now != nil && *now != before { // a try before this one did it, and nobody wrote down that it had
		s.Staged = now
		r.drop(ctx, before)
		return nil
	}
	err = r.holding(ctx, s, glance.StagingStore, "image.update", func(ctx context.Context, u glance.Upload) (note, error) {
		to := messaging.Topic(glance.TransferTopic).On(before.Host)
		made, err := messaging.Call[glance.Processed](ctx, r.Bus, to, glance.ProcessBits{Upload: u, Staged: before, Handling: s.Handling})
		return func(tx *db.Tx, i *glance.Image) error {
			s.Staged = &made.Staged
			i.DiskFormat, i.ContainerFormat, i.Size = made.DiskFormat, made.ContainerFormat, &made.Staged.Size
			return tx.ReplaceStaged(ctx, i.ID, made.Staged)
		}, err
	})
	if err != nil {
		s.Staged = &before // whatever the transaction came to: the next try looks
		return err
	}
	if *s.Staged == before {
		return nil
	}
	r.drop(ctx, before)
	return nil
}

// drop has a host delete bits of its staging area. What it does not hear of is found by its scrubber.
func (r *Registry) drop(ctx context.Context, s glance.Staged) {
	to := messaging.Topic(glance.TransferTopic).On(s.Host)
	err := messaging.Cast(ctx, r.Bus, to, glance.DropBits{Location: s.Location()})
	if err != nil && r.Log != nil {
		r.Log.WarnContext(ctx, "staged bits are left to the scrubber", "host", s.Host, "key", s.Key, "error", err)
	}
}
