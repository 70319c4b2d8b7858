package outbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"cumulet/oslo/db"
	"cumulet/oslo/flow"
)

// errLost says that another process holds the relay now: this one must not move its cursor any more.
var errLost = errors.New("another process has taken over")

// cursor is a row of relays.
type cursor struct {
	bun.BaseModel `bun:"table:relays"`
	Name          string `bun:",pk"`
	Seq           int64  // the last event that arrived
	Owner         string // who reads; nobody: ""
	Fence         int64  // grows with each taking
	Beat          int64  // grows with each sign of life
	UpdatedAt     time.Time
}

// sighting is how a relay was seen that another holds, and since when by the steady clock.
type sighting struct {
	owner       string
	fence, beat int64
	since       time.Time
}

// cursor reads the relay's row, and makes it the first time.
func (r *Relay) cursor(ctx context.Context) (cursor, error) {
	c := cursor{Name: r.Name}
	err := r.DB.NewSelect().Model(&c).WherePK().Scan(ctx)
	if err == nil || !db.NoRows(err) {
		return c, wrapped(r.Name, err)
	}
	err = r.DB.Tx(ctx, func(tx *db.Tx) error {
		c = cursor{Name: r.Name}
		err := tx.NewSelect().Model(&c).WherePK().Scan(ctx)
		if err == nil || !db.NoRows(err) {
			return err
		}
		c = cursor{Name: r.Name, UpdatedAt: tx.Now()}
		if !r.FromStart {
			if c.Seq, err = tx.LastEvent(ctx); err != nil {
				return err
			}
		}
		_, err = tx.NewInsert().Model(&c).Exec(ctx)
		return err
	})
	return c, wrapped(r.Name, err)
}

// free tells whether the relay may be taken: nobody holds it, or who does is known to be dead or has shown no life for as long as
// a lease lasts.
func (r *Relay) free(c cursor) bool {
	if c.Owner == "" || flow.KnownDead(r.Owner, c.Owner) {
		return true
	}
	if s := r.seen; s.owner != c.Owner || s.fence != c.Fence || s.beat != c.Beat {
		r.seen = sighting{owner: c.Owner, fence: c.Fence, beat: c.Beat, since: time.Now()}
		return false
	}
	return time.Since(r.seen.since) > r.lease()
}

// take takes a relay as it was read; false when another was quicker.
func (r *Relay) take(ctx context.Context, c *cursor) (bool, error) {
	won := false
	taken := *c
	err := r.DB.Tx(ctx, func(tx *db.Tx) error {
		taken.Owner, taken.Fence, taken.Beat, taken.UpdatedAt = r.Owner, c.Fence+1, c.Beat+1, tx.Now()
		res, err := tx.NewUpdate().Model(&taken).Column("owner", "fence", "beat", "updated_at").
			WherePK().Where("fence = ?", c.Fence).Where("beat = ?", c.Beat).Exec(ctx)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		won = n == 1
		return err
	})
	if err != nil || !won {
		return false, wrapped(r.Name, err)
	}
	*c = taken
	return true, nil
}

// move notes how far the relay has come, as a sign of life, or lets go of it.
func (r *Relay) move(ctx context.Context, c *cursor, seq int64, letGo bool) error {
	ctx, cancel := context.WithTimeout(ctx, r.lease())
	defer cancel()
	err := r.DB.Tx(ctx, func(tx *db.Tx) error { return r.write(ctx, tx, c, seq, letGo) })
	return wrapped(r.Name, err)
}

// rest notes how far the relay has come, and lets go of it when that is the log's end, in one transaction: what is recorded after
// it finds the relay free, and what was recorded before it is more to deliver.
func (r *Relay) rest(ctx context.Context, c *cursor, seq int64) (more bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, r.lease())
	defer cancel()
	err = r.DB.Tx(ctx, func(tx *db.Tx) error {
		last, err := tx.LastEvent(ctx)
		if err != nil {
			return err
		}
		at := seq
		if more = last > seq; more && r.empty(ctx, tx, seq) {
			at, more = last, false // they were forgotten undelivered
		}
		return r.write(ctx, tx, c, at, !more)
	})
	return more, wrapped(r.Name, err)
}

// empty tells whether the log has nothing after seq.
func (r *Relay) empty(ctx context.Context, tx *db.Tx, seq int64) bool {
	var n int
	err := tx.QueryRowContext(ctx, "SELECT COUNT(*) FROM events WHERE seq > ?", seq).Scan(&n)
	return err == nil && n == 0
}

func (r *Relay) write(ctx context.Context, tx *db.Tx, c *cursor, seq int64, letGo bool) error {
	next := *c
	next.Seq, next.Beat, next.UpdatedAt = seq, c.Beat+1, tx.Now()
	if letGo {
		next.Owner = ""
	}
	res, err := tx.NewUpdate().Model(&next).Column("seq", "owner", "beat", "updated_at").
		WherePK().Where("owner = ?", r.Owner).Where("fence = ?", c.Fence).Exec(ctx)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(errLost, err)
	}
	*c = next
	return nil
}

// Drop forgets a relay that is not to run any more, so that the log need not be kept for it.
func Drop(ctx context.Context, d *db.DB, name string) error {
	err := d.Tx(ctx, func(tx *db.Tx) error {
		_, err := tx.NewDelete().Model((*cursor)(nil)).Where("name = ?", name).Exec(ctx)
		return err
	})
	return wrapped(name, err)
}

func wrapped(name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("relay %s: %w", name, err)
}
