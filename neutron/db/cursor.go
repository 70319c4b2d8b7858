package db

import (
	"context"

	"github.com/uptrace/bun"
)

type cursorRow struct {
	bun.BaseModel `bun:"table:cursors"`
	Name          string `bun:",pk"`
	Seq           int64
}

// Cursor is how far the named reader of the event log has come; 0 at first.
func (r rows) Cursor(ctx context.Context, name string) (int64, error) {
	var found []int64
	err := r.NewSelect().Model((*cursorRow)(nil)).Column("seq").Where("name = ?", name).Scan(ctx, &found)
	if len(found) == 0 {
		return 0, err
	}
	return found[0], err
}

// SetCursor keeps how far the named reader has come.
func (t *Tx) SetCursor(ctx context.Context, name string, seq int64) error {
	if err := t.remove(ctx, "cursors", "name", name); err != nil {
		return err
	}
	return t.insert(ctx, &cursorRow{Name: name, Seq: seq})
}
