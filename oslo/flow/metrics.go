package flow

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"cumulet/oslo/telemetry"
)

// underway counts the operations of the runner's flows that have not ended, for its process's metrics.
func (r *Runner) underway(ctx context.Context) ([]telemetry.Underway, error) {
	var rows []struct {
		Flow, Status string
		Number       int
		Oldest       bun.NullTime
	}
	names := make([]string, len(r.Flows))
	for i, f := range r.Flows {
		names[i] = f.Name
	}
	err := r.DB.NewSelect().Model((*row)(nil)).ColumnExpr("flow, status, COUNT(*) AS number, MIN(created_at) AS oldest").
		Where("status IN (?, ?)", Running, Undoing).Where("flow IN (?)", bun.In(names)).Group("flow", "status").Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("count operations: %w", err)
	}
	all := make([]telemetry.Underway, len(rows))
	for i, o := range rows {
		all[i] = telemetry.Underway{Flow: o.Flow, Status: o.Status, Number: o.Number, Oldest: o.Oldest.Time}
	}
	return all, nil
}
