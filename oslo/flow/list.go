package flow

import (
	"context"
	"fmt"
	"slices"

	"github.com/uptrace/bun"
)

func all(ctx context.Context, d bun.IDB, ended int) ([]Operation, error) {
	var under, past []row
	if err := d.NewSelect().Model(&under).Where("status IN (?, ?)", Running, Undoing).Order("sequence").Scan(ctx); err != nil {
		return nil, fmt.Errorf("read the operations under way: %w", err)
	}
	if ended > 0 {
		err := d.NewSelect().Model(&past).Where("status IN (?, ?)", Done, Undone).OrderExpr("sequence DESC").Limit(int64(ended)).Scan(ctx)
		if err != nil {
			return nil, fmt.Errorf("read the operations that have ended: %w", err)
		}
	}
	rows := slices.Concat(past, under)
	slices.SortFunc(rows, func(a, b row) int { return int(a.Sequence - b.Sequence) })
	last := map[string]string{} // of a resource, the operation that the next one waits for
	list := make([]Operation, len(rows))
	for i, r := range rows {
		list[i] = r.operation()
		if r.EndedAt == nil {
			list[i].After, last[r.Resource] = last[r.Resource], r.ID
		}
	}
	return list, nil
}
