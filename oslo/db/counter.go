package db

import (
	"context"
	"fmt"
)

// Next draws n numbers from the named counter and gives the first; the first ever is 1. Numbers drawn by a transaction
// that does not commit are drawn again. It locks the counter until the transaction ends: draw late.
func (t *Tx) Next(ctx context.Context, counter string, n int64) (first int64, err error) {
	res, err := t.ExecContext(ctx, "UPDATE counters SET value = value + ? WHERE name = ?", n, counter)
	if err != nil {
		return 0, fmt.Errorf("draw from counter %q: %w", counter, err)
	}
	found, err := res.RowsAffected()
	if err != nil {
		return 0, fmt.Errorf("draw from counter %q: %w", counter, err)
	}
	if found == 0 {
		if _, err := t.ExecContext(ctx, "INSERT INTO counters (name, value) VALUES (?, ?)", counter, n); err != nil {
			return 0, fmt.Errorf("make counter %q: %w", counter, err)
		}
		return 1, nil
	}
	var value int64
	if err := t.QueryRowContext(ctx, "SELECT value FROM counters WHERE name = ?", counter).Scan(&value); err != nil {
		return 0, fmt.Errorf("read counter %q: %w", counter, err)
	}
	return value - n + 1, nil
}
