package db

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"cumulet/nova"
	"cumulet/oslo/fault"
)

type keypairRow struct {
	bun.BaseModel `bun:"table:keypairs,alias:k"`
	ID            int64 `bun:",pk"`
	UserID        string
	Name          string
	Type          string
	Fingerprint   string
	PublicKey     string
	CreatedAt     time.Time
}

func (r keypairRow) keypair() nova.Keypair {
	return nova.Keypair{
		ID: r.ID, UserID: r.UserID, Name: r.Name, Type: r.Type, Fingerprint: r.Fingerprint, PublicKey: r.PublicKey,
		CreatedAt: r.CreatedAt,
	}
}

// removed tells whether a deletion found anything.
func removed(res sql.Result, err error) (bool, error) {
	if err != nil {
		return false, fmt.Errorf("delete: %w", err)
	}
	n, err := res.RowsAffected()
	return n > 0, err
}

// Keypair gives a user's key pair.
func (r rows) Keypair(ctx context.Context, userID, name string) (nova.Keypair, error) {
	var row keypairRow
	if err := r.NewSelect().Model(&row).Where("user_id = ? AND name = ?", userID, name).Scan(ctx); err != nil {
		return nova.Keypair{}, fmt.Errorf("read key pair %q: %w", name, err)
	}
	return row.keypair(), nil
}

// Keypairs lists a user's key pairs by name; the marker is a name.
func (r rows) Keypairs(ctx context.Context, userID string, p nova.Page) ([]nova.Keypair, error) {
	var list []keypairRow
	q := r.NewSelect().Model(&list).Where("user_id = ?", userID).Order("name")
	if p.Marker != "" {
		found, err := r.NewSelect().Model((*keypairRow)(nil)).Where("user_id = ? AND name = ?", userID, p.Marker).Exists(ctx)
		if err != nil {
			return nil, fmt.Errorf("find marker %q: %w", p.Marker, err)
		}
		if !found {
			return nil, fault.New(fault.Invalid, "MarkerNotFound", "Marker %s could not be found.", p.Marker)
		}
		q = q.Where("name > ?", p.Marker)
	}
	if p.Limit > 0 {
		q = q.Limit(int64(p.Limit))
	}
	if err := q.Scan(ctx); err != nil {
		return nil, fmt.Errorf("list key pairs: %w", err)
	}
	pairs := make([]nova.Keypair, len(list))
	for i, row := range list {
		pairs[i] = row.keypair()
	}
	return pairs, nil
}

// CountKeypairs counts a user's key pairs.
func (r rows) CountKeypairs(ctx context.Context, userID string) (int, error) {
	n, err := r.NewSelect().Model((*keypairRow)(nil)).Where("user_id = ?", userID).Count(ctx)
	if err != nil {
		return 0, fmt.Errorf("count key pairs: %w", err)
	}
	return int(n), nil
}

// InsertKeypair writes a new key pair and numbers it.
func (t *Tx) InsertKeypair(ctx context.Context, k *nova.Keypair) error {
	id, err := t.Next(ctx, "keypairs", 1)
	if err != nil {
		return err
	}
	k.ID = id
	row := keypairRow{
		ID: k.ID, UserID: k.UserID, Name: k.Name, Type: k.Type, Fingerprint: k.Fingerprint, PublicKey: k.PublicKey,
		CreatedAt: k.CreatedAt,
	}
	if _, err := t.rows.NewInsert().Model(&row).Exec(ctx); err != nil {
		return fmt.Errorf("write key pair %q: %w", k.Name, err)
	}
	return nil
}

// DeleteKeypair removes one, and tells whether it was there.
func (t *Tx) DeleteKeypair(ctx context.Context, userID, name string) (bool, error) {
	return removed(t.rows.NewDelete().Model((*keypairRow)(nil)).Where("user_id = ? AND name = ?", userID, name).Exec(ctx))
}
