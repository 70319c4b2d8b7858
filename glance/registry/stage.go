package registry

import (
	"context"

	"cumulet/glance"
	"cumulet/glance/db"
)

// FinishStaging is told that a client's bits lie in the staging area.
func (r *Registry) FinishStaging(ctx context.Context, m glance.FinishStaging) error {
	return r.end(ctx, m.ID, m.Token, func(tx *db.Tx, i *glance.Image, _ glance.Upload) error {
		i.Size = &m.Staged.Size
		return tx.InsertStaged(ctx, i.ID, m.Staged)
	}, "image.update")
}
