package db

import (
	"context"
	"fmt"
)

// LastEvent is the number of the event that was recorded last, by whichever process; 0 when none ever was. It is one row of
// a small table: what was concluded from rows whose every change records an event still holds while it is the same.
func (d *DB) LastEvent(ctx context.Context) (int64, error) {
	var last int64
	err := d.QueryRowContext(ctx, "SELECT value FROM counters WHERE name = 'events'").Scan(&last)
	if err != nil && !NoRows(err) {
		return 0, fmt.Errorf("read the last event's number: %w", err)
	}
	return last, nil
}
