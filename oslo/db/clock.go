package db

import "time"

// Now is the time as columns keep it: UTC, in microseconds, so that what is written is equal to what is read.
func (d *DB) Now() time.Time { return Clock(d.state.now()) }

// Now is the time as columns keep it.
func (t *Tx) Now() time.Time { return t.state.db.Now() }

// Clock brings a time to the form that columns keep: UTC, in microseconds.
func Clock(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }
