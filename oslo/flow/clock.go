package flow

import (
	"context"
	"fmt"
	"time"

	"cumulet/oslo/db"
)

// Leases and pauses are written as times of the wall clock, which several machines share and which may be set at any moment.
// A clock that jumps forwards would end every lease at once, the living ones too; one that jumps backwards would let those
// of the dead last for as long as it jumped. So a runner compares it with the monotonic clock, which does not jump: for one
// lease after a jump it ends none that had not ended before, time enough for the living to renew theirs by the new time; and
// a lease or a pause that reaches further ahead than any is written is believed only while somebody renews it.

// clock is what a runner keeps of the time: what leaseTime needs in the loop of Run, ahead beside it in keepLeases.
type clock struct {
	wall   time.Time // the wall clock when the two were last set against each other
	steady time.Time // the monotonic one then; zero before the first time
	jumped time.Time // of the monotonic clock, while the wall clock is not trusted; else zero

	ahead map[string]farLease // leases that end too late to be true, by operation
}

// farLease is such a lease, and since when it is as it is.
type farLease struct {
	fence int64
	until time.Time
	since time.Time // of the monotonic clock
}

// leaseTime is the time by which others' leases are judged.
func (r *Runner) leaseTime(ctx context.Context) time.Time {
	c := &r.state.clock
	wall, steady := r.now(), time.Now()
	if c.steady.IsZero() {
		c.wall, c.steady = wall, steady
	}
	expected := c.wall.Add(steady.Sub(c.steady))
	jump := wall.Sub(expected)
	switch {
	case jump.Abs() < r.lease()/3:
		c.wall, c.steady, c.jumped = wall, steady, time.Time{} // as it should be, or slewed a little
		return wall
	case c.jumped.IsZero():
		c.jumped = steady
		r.log().WarnContext(ctx, "the clock has jumped, no lease ends for a while", "by", jump.Round(time.Second), "owner", r.Owner)
	case steady.Sub(c.jumped) > r.lease():
		c.wall, c.steady, c.jumped = wall, steady, time.Time{}
		return wall
	}
	if expected.Before(wall) {
		return expected
	}
	return wall
}

// tooFar is how far ahead no lease and no pause is written.
func (r *Runner) tooFar() time.Duration { return 2 * max(r.lease(), longestPause) }

// doubt ends leases that reach too far ahead and that nobody has renewed for as long as a lease lasts.
func (r *Runner) doubt(ctx context.Context) error {
	var rows []row
	err := r.DB.NewSelect().Model(&rows).Column("id", "fence", "lease_until").Where("o.status IN (?, ?)", Running, Undoing).
		Where("o.owner <> ?", r.Owner).Where("o.lease_until > ?", r.now().Add(r.tooFar())).Scan(ctx)
	if err != nil {
		return fmt.Errorf("look for leases that end too late: %w", err)
	}
	seen := make(map[string]farLease, len(rows))
	for _, o := range rows {
		lease := farLease{fence: o.Fence, until: o.LeaseUntil.UTC(), since: time.Now()}
		if before, ok := r.state.clock.ahead[o.ID]; ok && before.fence == lease.fence && before.until.Equal(lease.until) {
			lease.since = before.since
		}
		if time.Since(lease.since) <= r.lease() {
			seen[o.ID] = lease
			continue
		}
		r.log().WarnContext(ctx, "a lease that ends too late, as of a clock that was set back, is ended", "operation", o.ID, "until", lease.until)
		err := r.DB.Tx(ctx, func(tx *db.Tx) error {
			_, err := tx.NewUpdate().Model((*row)(nil)).Set("owner = ''").Set("lease_until = NULL").
				Where("id = ?", o.ID).Where("fence = ?", o.Fence).Where("lease_until = ?", o.LeaseUntil).Exec(ctx)
			tx.Signal(dueSignal)
			return err
		})
		if err != nil {
			return fmt.Errorf("end the lease of operation %s: %w", o.ID, err)
		}
	}
	r.state.clock.ahead = seen
	return nil
}
