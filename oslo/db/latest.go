package db

import (
	"context"
	"fmt"

	"github.com/uptrace/bun/dialect"
)

// LastEvent is the number of the event that was recorded last, by whichever process; 0 when none ever was. It is one row of
// a small table: what was concluded from rows whose every change records an event still holds while it is the same.
func (d *DB) LastEvent(ctx context.Context) (int64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if d.Dialect().Name() == dialect.SQLite {
		// A row of a file is read before two goroutines have begun to watch whether the context ends, which takes as long again.
		ctx = context.WithoutCancel(ctx)
	}
	var last int64
	err := d.QueryRowContext(ctx, "SELECT value FROM counters WHERE name = 'events'").Scan(&last)
	if err != nil && !NoRows(err) {
		return 0, fmt.Errorf("read the last event's number: %w", err)
	}
	return last, nil
}
