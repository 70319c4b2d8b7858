package db

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"cumulet/nova"
)

type serviceRow struct {
	bun.BaseModel  `bun:"table:services,alias:s"`
	ID             string `bun:",pk"`
	Number         int64
	Host           string
	BinaryName     string
	Topic          string
	Disabled       bool
	DisabledReason *string
	ForcedDown     bool
	LastSeen       *time.Time
	ReportCount    int64
	CreatedAt      time.Time
	UpdatedAt      *time.Time
}

func (r serviceRow) service() nova.Service {
	return nova.Service{
		ID: r.ID, Number: r.Number, Host: r.Host, Binary: r.BinaryName, Topic: r.Topic, Disabled: r.Disabled,
		DisabledReason: r.DisabledReason, ForcedDown: r.ForcedDown, LastSeen: r.LastSeen, ReportCount: r.ReportCount,
		CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
	}
}

func toServiceRow(s nova.Service) serviceRow {
	return serviceRow{
		ID: s.ID, Number: s.Number, Host: s.Host, BinaryName: s.Binary, Topic: s.Topic, Disabled: s.Disabled,
		DisabledReason: s.DisabledReason, ForcedDown: s.ForcedDown, LastSeen: s.LastSeen, ReportCount: s.ReportCount,
		CreatedAt: s.CreatedAt, UpdatedAt: s.UpdatedAt,
	}
}

// Services lists services in the order of their coming; their zones are not set.
func (r rows) Services(ctx context.Context, f nova.ServiceFilter) ([]nova.Service, error) {
	var list []serviceRow
	q := r.NewSelect().Model(&list).Order("number")
	if f.Host != "" {
		q = q.Where("s.host = ?", f.Host)
	}
	if f.Binary != "" {
		q = q.Where("s.binary_name = ?", f.Binary)
	}
	if err := q.Scan(ctx); err != nil {
		return nil, fmt.Errorf("list services: %w", err)
	}
	services := make([]nova.Service, len(list))
	for i, row := range list {
		services[i] = row.service()
	}
	return services, nil
}

// Service gives one by UUID.
func (r rows) Service(ctx context.Context, id string) (nova.Service, error) {
	var row serviceRow
	if err := r.NewSelect().Model(&row).Where("s.id = ?", id).Scan(ctx); err != nil {
		return nova.Service{}, fmt.Errorf("read service %q: %w", id, err)
	}
	return row.service(), nil
}

// InsertService writes a new service and numbers it.
func (t *Tx) InsertService(ctx context.Context, s *nova.Service) error {
	number, err := t.Next(ctx, "services", 1)
	if err != nil {
		return err
	}
	s.Number = number
	row := toServiceRow(*s)
	if _, err := t.rows.NewInsert().Model(&row).Exec(ctx); err != nil {
		return fmt.Errorf("write service %s on %s: %w", s.Binary, s.Host, err)
	}
	return nil
}

// UpdateService writes a service that was read in this same transaction.
func (t *Tx) UpdateService(ctx context.Context, s nova.Service) error {
	row := toServiceRow(s)
	_, err := t.rows.NewUpdate().Model(&row).ExcludeColumn("id", "number", "created_at").WherePK().Exec(ctx)
	if err != nil {
		return fmt.Errorf("write service %q: %w", s.ID, err)
	}
	return nil
}

// TouchService notes that a service was heard of, and tells whether it is known.
func (t *Tx) TouchService(ctx context.Context, host, binary string, at time.Time) (bool, error) {
	return removed(t.rows.NewUpdate().Model((*serviceRow)(nil)).
		Set("last_seen = ?", at).Set("report_count = report_count + 1").
		Where("host = ? AND binary_name = ?", host, binary).Exec(ctx))
}

// DeleteService forgets a service.
func (t *Tx) DeleteService(ctx context.Context, id string) (bool, error) {
	return removed(t.rows.NewDelete().Model((*serviceRow)(nil)).Where("id = ?", id).Exec(ctx))
}
