package db

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"cumulet/keystone"
)

type revocationRow struct {
	bun.BaseModel `bun:"table:revocation,alias:t"`
	keystone.Revocation
}

// Revocations lists what was revoked of the subjects, by key: the cost does not grow with what else was.
func (r rows) Revocations(ctx context.Context, subjects []keystone.Revocation) ([]keystone.Revocation, error) {
	var found []revocationRow
	s := r.IDB.NewSelect().Model(&found)
	for _, subject := range subjects {
		s = s.WhereOr("kind = ? AND subject = ?", subject.Kind, subject.Subject)
	}
	err := s.Scan(ctx)
	return revocationsOf(found), err
}

// RevocationsSince lists what was revoked since a moment, oldest first.
func (r rows) RevocationsSince(ctx context.Context, since time.Time) ([]keystone.Revocation, error) {
	var found []revocationRow
	err := r.IDB.NewSelect().Model(&found).Where("revoked_at >= ?", since).OrderExpr("revoked_at, subject").Scan(ctx)
	return revocationsOf(found), err
}

func revocationsOf(found []revocationRow) []keystone.Revocation {
	revocations := make([]keystone.Revocation, len(found))
	for i, row := range found {
		revocations[i] = row.Revocation
	}
	return revocations
}

// Revoke writes a revocation; a later one of the same subject takes the place of the earlier, whose tokens it ends too.
func (t *Tx) Revoke(ctx context.Context, r keystone.Revocation) error {
	if _, err := t.remove(ctx, (*revocationRow)(nil), "kind = ? AND subject = ?", r.Kind, r.Subject); err != nil {
		return err
	}
	return t.insert(ctx, &revocationRow{Revocation: r}, nil)
}

// PurgeRevocations deletes those whose tokens have all expired.
func (t *Tx) PurgeRevocations(ctx context.Context, before time.Time) error {
	_, err := t.remove(ctx, (*revocationRow)(nil), "revoked_at < ?", before)
	return err
}
