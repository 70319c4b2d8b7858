package db

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"cumulet/oslo/fault"
)

// turn is how the processes that share a server's database take turns at writing, and how each knows afterwards whether
// a transaction was committed. Each transaction first writes two rows of the table writers: the one named "", whose lock
// is the turn, and its process's own, with a number that is read back when a commit goes without an answer.
//
// One at a time is what services are written for, and what they have on SQLite: a transaction reads what is, decides and
// writes, without locking reads, retries at random or deadlocks, and events are numbered in the order of their commits.
// It is an update, not a mere lock, so that it also collides where a Galera cluster is written at several nodes.
type turn struct {
	process string
	last    atomic.Int64 // of this process's transactions
}

func newTurn() *turn {
	t := &turn{process: uuid.NewString()}
	t.last.Store(time.Now().UnixMicro())
	return t
}

// begin begins a transaction and waits for its turn.
func (t *turn) begin(ctx context.Context, write *bun.DB) (bun.Tx, error) {
	tx, err := write.BeginTx(ctx, nil)
	if err != nil {
		return tx, err
	}
	if err := t.take(ctx, tx); err != nil {
		tx.Rollback() //nolint:errcheck // what made us roll back is the error to tell
		if mariadbCode(err) == 1205 || postgresCode(err) == "55P03" {
			return tx, fault.New(fault.Unavailable, "DatabaseBusy", "The database is busy, try again later.").Because(err)
		}
		return tx, fmt.Errorf("wait for the turn to write: %w", err)
	}
	return tx, nil
}

// found makes the row whose lock is the turn.
func (t *turn) found(ctx context.Context, write *bun.DB) error {
	there, err := write.NewSelect().Table("writers").Where("name = ''").Exists(ctx)
	if err != nil || there {
		return err
	}
	_, err = write.ExecContext(ctx, "INSERT INTO writers (name, turn) VALUES ('', 0)")
	return err
}

func (t *turn) take(ctx context.Context, tx bun.Tx) error {
	number := t.last.Add(1)
	res, err := tx.ExecContext(ctx, "UPDATE writers SET turn = ? WHERE name IN ('', ?)", number, t.process)
	if err != nil {
		return err
	}
	switch n, err := res.RowsAffected(); {
	case err != nil:
		return err
	case n == 2:
		return nil
	}
	return t.enrol(ctx, tx, number)
}

// enrol writes the process's row at its first transaction, and removes those of processes that long write no more.
func (t *turn) enrol(ctx context.Context, tx bun.Tx, number int64) error {
	old := number - (7 * 24 * time.Hour).Microseconds()
	if _, err := tx.ExecContext(ctx, "DELETE FROM writers WHERE name <> '' AND turn < ?", old); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, "INSERT INTO writers (name, turn) VALUES (?, ?)", t.process, number)
	return err
}

// committed tells whether the transaction begun last was committed. Its row's lock is waited for: while the server has
// not noticed that the connection broke, the transaction may still be under way.
func (t *turn) committed(ctx context.Context, write *bun.DB) (landed bool, err error) {
	err = again(ctx, lost, func() error {
		tx, err := write.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		var turns []int64
		err = tx.NewRaw("SELECT turn FROM writers WHERE name = ? FOR UPDATE", t.process).Scan(ctx, &turns)
		landed = len(turns) == 1 && turns[0] == t.last.Load()
		return errors.Join(err, tx.Rollback())
	})
	return landed, err
}

// close removes the process's row; what cannot be removed is removed when it is old.
func (t *turn) close(ctx context.Context, write *bun.DB) error {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	write.ExecContext(ctx, "DELETE FROM writers WHERE name = ?", t.process) //nolint:errcheck // see above
	return nil
}
