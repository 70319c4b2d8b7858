package db

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"cumulet/oslo/telemetry"
)

// counting counts every query in the span it is made under.
type counting struct{}

// BeforeQuery does nothing.
func (counting) BeforeQuery(ctx context.Context, _ *bun.QueryEvent) context.Context { return ctx }

// AfterQuery counts.
func (counting) AfterQuery(ctx context.Context, e *bun.QueryEvent) {
	telemetry.Query(ctx, time.Since(e.StartTime))
}
