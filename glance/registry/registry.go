package registry

import (
	"context"
	"log/slog"
	"time"

	"cumulet/glance"
	"cumulet/glance/db"
	"cumulet/oslo/limit"
	"cumulet/oslo/messaging"
)

// Registry is the rules of images.
type Registry struct {
	DB     *db.DB
	Limits glance.Limits
	// Unified are the limits of projects that keystone keeps; nil holds projects to none.
	Unified *limit.Keystone
	// DelayedDelete keeps the bits of what is deleted for ScrubTime.
	DelayedDelete bool
	ScrubTime     time.Duration
	// Lease is how long an upload may be silent before it is taken to have died.
	Lease time.Duration
	Now   func() time.Time
	// Steady is a clock that nobody sets; time.Now, which has one in it, when nil.
	Steady func() time.Time
	NewID  func() string

	// Bus leads to the glance-api hosts, which do with bits what imports need; Owner names this process among those that run
	// imports (see flow.Owner), of which Imports run at once. TaskLife is how long an import that has ended is shown, and
	// ImportDeadline how long a step of one may take.
	Bus            *messaging.Bus
	Owner          string
	Imports        int
	TaskLife       time.Duration
	ImportDeadline time.Duration
	// ImportRules are what is done with every image that is imported.
	ImportRules glance.ImportRules
	Log         *slog.Logger

	clocks clocks
}

// change reads an image that the caller sees, has do change it, and writes it with an event, all in one transaction.
func (r *Registry) change(ctx context.Context, caller glance.Caller, id, event string, do func(tx *db.Tx, i *glance.Image) error) (glance.Image, error) {
	var image glance.Image
	err := r.DB.Tx(ctx, func(tx *db.Tx) (err error) {
		image, err = r.changeIn(ctx, tx, caller, id, event, do)
		return err
	})
	return image, err
}

// changeIn is change within a transaction.
func (r *Registry) changeIn(
	ctx context.Context, tx *db.Tx, caller glance.Caller, id, event string, do func(tx *db.Tx, i *glance.Image) error,
) (glance.Image, error) {
	image, err := seen(ctx, tx, caller, id)
	if err != nil {
		return image, err
	}
	if err := do(tx, &image); err != nil {
		return image, err
	}
	image.UpdatedAt = r.Now()
	if err := tx.UpdateImage(ctx, image); err != nil {
		return image, err
	}
	return image, tx.Record(ctx, event, image)
}

// reader is what an image can be read from: the database, or a transaction on it.
type reader interface {
	Image(ctx context.Context, id, member string) (glance.Image, error)
}

// seen reads an image; one that the caller may not see does not exist.
func seen(ctx context.Context, from reader, caller glance.Caller, id string) (glance.Image, error) {
	image, err := from.Image(ctx, id, caller.ProjectID)
	if err != nil {
		return glance.Image{}, err
	}
	if !caller.Sees(image) {
		return glance.Image{}, glance.NotFound(id)
	}
	return image, nil
}
