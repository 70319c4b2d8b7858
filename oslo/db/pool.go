package db

import (
	"time"

	"github.com/uptrace/bun"
)

// readers is how many connections of a process read a database at once.
const readers = 8

// limit bounds a pool. Its connections are closed when idle, to keep small what nobody uses.
func limit(pool *bun.DB, size int) {
	pool.SetMaxOpenConns(size)
	pool.SetMaxIdleConns(size)
	pool.SetConnMaxIdleTime(time.Minute)
}
