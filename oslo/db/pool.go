package db

import (
	"time"

	"github.com/uptrace/bun"

	"cumulet/oslo/telemetry"
)

// readers is how many connections of a process read a database at once.
const readers = 8

// limit bounds a pool. Its connections are closed when idle, to keep small what nobody uses.
func limit(pool *bun.DB, size int) {
	pool.SetMaxOpenConns(size)
	pool.SetMaxIdleConns(size)
	pool.SetConnMaxIdleTime(time.Minute)
}

// watch shows the pools in the process's metrics until unwatch.
func (d *DB) watch(m *telemetry.Metrics) (unwatch func()) {
	read := m.Pool(d.state.service, "read", d.state.read.Stats)
	write := m.Pool(d.state.service, "write", d.state.write.Stats)
	return func() { read(); write() }
}
