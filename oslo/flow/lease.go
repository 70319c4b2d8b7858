package flow

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"cumulet/oslo/db"
)

// errLost says that another runner holds the operation now: this one must not touch it any more.
var errLost = errors.New("the operation's lease is lost")

// due finds the operations to be taken, at most limit: not ended, held by nobody whose lease runs, and first of their
// resource.
func (r *Runner) due(ctx context.Context, now time.Time, limit int) ([]row, error) {
	var rows []row
	err := r.waiting(ctx, &rows).Where("o.due_at <= ? OR o.due_at > ?", now, now.Add(r.tooFar())).
		Order("o.sequence").Limit(int64(limit)).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("look for operations: %w", err)
	}
	return rows, nil
}

// nextDue is when the first of the waiting operations is due, if any waits. It may be past: what became due since one looked, what
// another process just changed, and what cannot be taken wait as well.
func (r *Runner) nextDue(ctx context.Context) (time.Time, bool, error) {
	var rows []row
	err := r.waiting(ctx, &rows).Column("due_at").Order("o.due_at").Limit(1).Scan(ctx)
	if err != nil || len(rows) == 0 {
		return time.Time{}, false, err
	}
	return rows[0].DueAt, true, nil
}

func (r *Runner) waiting(ctx context.Context, rows *[]row) *bun.SelectQuery {
	names := make([]string, len(r.Flows))
	for i, f := range r.Flows {
		names[i] = f.Name
	}
	return r.DB.NewSelect().Model(rows).
		Where("o.status IN (?, ?)", Running, Undoing).
		Where("o.flow IN (?)", bun.In(names)).
		Where("o.lease_until IS NULL OR o.lease_until <= ?", r.leaseTime(ctx)).
		Where(`NOT EXISTS (SELECT 1 FROM operations AS earlier WHERE earlier.resource = o.resource
			AND earlier.status IN (?, ?) AND earlier.sequence < o.sequence)`, Running, Undoing)
}

// bury ends the leases of those who are known to have died, so that what they held is taken up at once. Whoever was wrongly
// taken for dead cannot write any more: the operation is not in its name.
func (r *Runner) bury(ctx context.Context) error {
	held := func(rows *[]row) *bun.SelectQuery {
		return r.DB.NewSelect().Model(rows).Where("o.status IN (?, ?)", Running, Undoing).
			Where("o.lease_until IS NOT NULL").Where("o.owner <> ?", r.Owner)
	}
	var rows []row
	if err := held(&rows).ColumnExpr("DISTINCT o.owner").Scan(ctx); err != nil {
		return fmt.Errorf("look for owners: %w", err)
	}
	for _, o := range rows {
		if !knowsDead(r.Owner, o.Owner, "/proc") {
			continue
		}
		err := r.DB.Tx(ctx, func(tx *db.Tx) error {
			_, err := tx.NewUpdate().Model((*row)(nil)).Set("owner = ''").Set("lease_until = NULL").
				Where("owner = ?", o.Owner).Where("lease_until IS NOT NULL").Exec(ctx)
			tx.Signal(dueSignal)
			return err
		})
		if err != nil {
			return fmt.Errorf("end the leases of %s: %w", o.Owner, err)
		}
		r.log().InfoContext(ctx, "operations of a process that died are taken up", "owner", o.Owner)
	}
	return nil
}

// take takes the lease of an operation as it was read; false when another was quicker. The fence grows, so that whoever held
// it before cannot write any more, however long it believes in its lease.
func (r *Runner) take(ctx context.Context, o *row) (bool, error) {
	taken := *o
	until := r.now().Add(r.lease())
	taken.Owner, taken.Fence, taken.LeaseUntil, taken.UpdatedAt = r.Owner, o.Fence+1, &until, r.now()
	if err := r.locate(&taken); err != nil {
		return false, fmt.Errorf("take operation %s: %w", o.ID, err)
	}
	var won int64
	err := r.DB.Tx(ctx, func(tx *db.Tx) error {
		res, err := tx.NewUpdate().Model(&taken).Column("owner", "fence", "lease_until", "updated_at", "step").
			WherePK().Where("fence = ?", o.Fence).Where("status = ?", o.Status).Exec(ctx)
		if err != nil {
			return err
		}
		won, err = res.RowsAffected()
		return err
	})
	if err != nil {
		return false, fmt.Errorf("take operation %s: %w", o.ID, err)
	}
	*o = taken
	return won == 1, nil
}

// locate finds the step at hand by its name, since a newer release may have put steps before it.
func (r *Runner) locate(o *row) error {
	steps := r.definition(o.Flow).code.steps()
	if o.Step == "" { // not begun
		o.Step = steps[0].name
	}
	o.Position = slices.IndexFunc(steps, func(s stepInfo) bool { return s.name == o.Step })
	if o.Position < 0 && (o.Step != failedStep || o.Status != Undoing) {
		return fmt.Errorf("flow %s has no step %q any more", o.Flow, o.Step)
	}
	return nil
}

// save writes what became of an operation, if this runner still holds it, and reads whether it was cancelled meanwhile.
func (r *Runner) save(ctx context.Context, o *row) error {
	o.UpdatedAt = r.now()
	err := r.DB.Tx(ctx, func(tx *db.Tx) error {
		res, err := tx.NewUpdate().Model(o).
			ExcludeColumn("id", "sequence", "flow", "resource", "request_id", "trace", "cancelled", "created_at", "fence").
			WherePK().Where("owner = ?", r.Owner).Where("fence = ?", o.Fence).Exec(ctx)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(errLost, err)
		}
		if o.EndedAt != nil {
			tx.Signal(endedSignal)
			return nil
		}
		return tx.NewSelect().Model((*row)(nil)).Column("cancelled").Where("id = ?", o.ID).Scan(ctx, &o.Cancelled)
	})
	if err != nil {
		return fmt.Errorf("record operation %s: %w", o.ID, err)
	}
	return nil
}

// renew lengthens the leases this runner holds, and gives those it turned out to have lost.
func (r *Runner) renew(ctx context.Context, fences map[string]int64) (lost map[string]int64, err error) {
	ids := make([]string, 0, len(fences))
	for id := range fences {
		ids = append(ids, id)
	}
	var rows []row
	err = r.DB.Tx(ctx, func(tx *db.Tx) error {
		_, err := tx.NewUpdate().Model((*row)(nil)).Set("lease_until = ?", r.now().Add(r.lease())).
			Where("owner = ?", r.Owner).Where("lease_until IS NOT NULL").Where("id IN (?)", bun.In(ids)).Exec(ctx)
		if err != nil {
			return err
		}
		rows = nil
		return tx.NewSelect().Model(&rows).Column("id", "fence").
			Where("owner = ?", r.Owner).Where("lease_until IS NOT NULL").Where("id IN (?)", bun.In(ids)).Scan(ctx)
	})
	if err != nil {
		return nil, fmt.Errorf("renew leases: %w", err)
	}
	held := map[string]int64{}
	for _, o := range rows {
		held[o.ID] = o.Fence
	}
	lost = map[string]int64{}
	for id, fence := range fences {
		if held[id] != fence {
			lost[id] = fence
		}
	}
	return lost, nil
}
