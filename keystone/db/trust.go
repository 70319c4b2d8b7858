package db

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"cumulet/keystone"
)

type trustRow struct {
	bun.BaseModel `bun:"table:trust,alias:t"`
	keystone.Trust
}

// Trust is the trust of an id.
func (r rows) Trust(ctx context.Context, id string) (keystone.Trust, error) {
	var t trustRow
	err := r.find(ctx, &t, "trust", id, "id = ?", id)
	return t.Trust, err
}

// Trusts lists trusts by trustor_id, trustee_id, and redelegated_id.
func (r rows) Trusts(ctx context.Context, q keystone.Query) ([]keystone.Trust, error) {
	var found []trustRow
	err := r.list(ctx, &found, q, "id", "trustor_id", "trustee_id", "redelegated_id")
	trusts := make([]keystone.Trust, len(found))
	for i, row := range found {
		trusts[i] = row.Trust
	}
	return trusts, err
}

// InsertTrust writes a new trust.
func (t *Tx) InsertTrust(ctx context.Context, trust keystone.Trust) error {
	return t.insert(ctx, &trustRow{Trust: trust}, keystone.Conflict("trust", "Duplicate entry found with ID "+trust.ID))
}

// UseTrust takes one of a trust's remaining uses, and tells whether there was one, or they are not counted.
func (t *Tx) UseTrust(ctx context.Context, id string) (bool, error) {
	result, err := t.rows.IDB.NewUpdate().Model((*trustRow)(nil)).Set("remaining_uses = remaining_uses - 1").
		Where("id = ? AND (remaining_uses IS NULL OR remaining_uses > 0)", id).Exec(ctx)
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n > 0, err
}

// DeleteTrust deletes a trust.
func (t *Tx) DeleteTrust(ctx context.Context, id string) error {
	_, err := t.remove(ctx, (*trustRow)(nil), "id = ?", id)
	return err
}

// DeleteEndedTrusts deletes those that nobody gets a token by any more, and tells how many. Tokens of used ones go on until then.
func (t *Tx) DeleteEndedTrusts(ctx context.Context, now time.Time) (int64, error) {
	return t.remove(ctx, (*trustRow)(nil), "expires_at <= ? OR remaining_uses <= 0", now)
}
