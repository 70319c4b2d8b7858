package keeper

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"cumulet/oslo/db"
	"cumulet/oslo/idempotency"
)

// row is a request as kept; db's migrations make the table and say what its columns mean.
type row struct {
	bun.BaseModel `bun:"table:keyed_requests"`
	ID            string `bun:",pk"`
	Caller        string
	Print         string
	RequestID     string
	Fence         int64
	LeaseUntil    time.Time
	Commits       int64
	Resources     string
	Answer        string
	CreatedAt     time.Time
}

func (r *row) expired(now time.Time) bool { return r.CreatedAt.Before(now.Add(-Kept)) }

// look tells whether the request may be taken up, and otherwise its answer or why there is none. A nil row is one that is not
// there.
func (r *row) look(asked idempotency.Request, now time.Time) (free bool, answer []byte, err error) {
	switch {
	case r == nil || r.expired(now):
		return true, nil, nil
	case r.Print != asked.Print:
		return false, nil, idempotency.Reused()
	case r.Answer != "":
		answer, err = base64.StdEncoding.DecodeString(r.Answer)
		return false, answer, err
	case r.LeaseUntil.After(now):
		return false, nil, errBusy
	case r.Commits > 0:
		return false, nil, idempotency.Lost(r.RequestID, r.resources())
	}
	return true, nil, nil
}

func (r *row) resources() (ids []string) {
	_ = json.Unmarshal([]byte(r.Resources), &ids) // it is a remark for people: less of it does no harm
	return ids
}

// mostNoted bounds the resources that are named.
const mostNoted = 20

// note adds a resource that was changed.
func (r *row) note(id string) {
	ids := r.resources()
	if id == "" || slices.Contains(ids, id) || len(ids) == mostNoted {
		return
	}
	if b, err := json.Marshal(append(ids, id)); err == nil {
		r.Resources = string(b)
	}
}

// find reads a request; nil when there is none.
func find(ctx context.Context, d bun.IDB, id string) (*row, error) {
	r := &row{}
	err := d.NewSelect().Model(r).Where("id = ?", id).Scan(ctx)
	if db.NoRows(err) {
		return nil, nil
	}
	return r, err
}

// held reads the request that a hold is on, and refuses where another has taken it over.
func held(ctx context.Context, tx *db.Tx, h idempotency.Hold) (*row, error) {
	r, err := find(ctx, tx, h.ID)
	if err == nil && (r == nil || r.Fence != h.Fence || r.Answer != "") {
		return nil, idempotency.Busy()
	}
	return r, err
}

func (r *row) insert(ctx context.Context, tx *db.Tx) error {
	_, err := tx.NewInsert().Model(r).Exec(ctx)
	return err
}

// update writes columns of the row, all when none are named.
func (r *row) update(ctx context.Context, tx *db.Tx, columns ...string) error {
	_, err := tx.NewUpdate().Model(r).Column(columns...).WherePK().Exec(ctx)
	return err
}

func (r *row) delete(ctx context.Context, tx *db.Tx) error {
	_, err := tx.NewDelete().Model(r).WherePK().Exec(ctx)
	return err
}
