package registry

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cumulet/glance"
	"cumulet/glance/db"
	"cumulet/oslo/fault"
)

// Reconcile queues again the images whose upload has died with the process that carried it. What it left in a store is
// an orphan from then on, for glance-api's scrubber.
func (r *Registry) Reconcile(ctx context.Context) error {
	now, jumped := r.clocks.look(r)
	if jumped {
		return nil // those that live renew theirs by the new time before the next turn
	}
	silent, err := r.DB.SilentUploads(ctx, now.Add(-r.Lease), now.Add(r.Lease))
	if err != nil {
		return err
	}
	for _, u := range silent {
		if err := r.endSilent(ctx, u); err != nil {
			return fmt.Errorf("end the upload of image %q: %w", u.Image.ID, err)
		}
	}
	stranded, err := r.DB.Stranded(ctx)
	if err != nil {
		return err
	}
	for _, id := range stranded {
		if err := r.requeue(ctx, id); err != nil {
			return fmt.Errorf("queue stranded image %q again: %w", id, err)
		}
	}
	return r.DB.Tx(ctx, func(tx *db.Tx) error { return tx.ForgetTasks(ctx, now) })
}

// endSilent ends an upload that is dead. One that an import had begun is the import's to begin again.
func (r *Registry) endSilent(ctx context.Context, u glance.Upload) error {
	i, err := r.DB.Image(ctx, u.Image.ID, "")
	if fault.Is(err, fault.NotFound) {
		return nil // deleted just now, and the upload with it
	}
	if err != nil {
		return err
	}
	if i.Status == glance.Saving || i.Status == glance.Uploading {
		return r.AbortUpload(ctx, glance.AbortUpload{ID: i.ID, Token: u.Token})
	}
	return r.giveUp(ctx, u)
}

// clocks are the wall clock, by which uploads are renewed, and one that nobody sets, as Reconcile saw them last.
type clocks struct{ wall, steady time.Time }

// look tells the time, and whether the wall clock has been set since the last look, by more than a lease bears.
func (c *clocks) look(r *Registry) (now time.Time, jumped bool) {
	steady := time.Now
	if r.Steady != nil {
		steady = r.Steady
	}
	before := *c
	c.wall, c.steady = r.Now(), steady()
	passed := c.steady.Sub(before.steady)
	return c.wall, !before.wall.IsZero() && (c.wall.Round(0).Sub(before.wall.Round(0))-passed).Abs() > r.Lease/4
}

func (r *Registry) requeue(ctx context.Context, id string) error {
	_, err := r.change(ctx, glance.Caller{Admin: true}, id, "image.update", func(_ *db.Tx, i *glance.Image) error {
		if i.Status != glance.Saving && i.Status != glance.Uploading {
			return errNothingToDo
		}
		return i.Become(glance.Queued)
	})
	if isNothing(err) {
		return nil
	}
	return err
}

func isNothing(err error) bool { return errors.Is(err, errNothingToDo) }

// errNothingToDo ends a transaction that found the world as it shall be.
var errNothingToDo = errors.New("nothing to do")

func isFault(err error, name string) bool {
	f := fault.Of(err)
	return f != nil && f.Name == name
}
