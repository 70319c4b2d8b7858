package db

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"cumulet/nova"
	"cumulet/oslo/fault"
)

type flavorRow struct {
	bun.BaseModel `bun:"table:flavors,alias:f"`
	ID            string `bun:",pk"`
	Name          string
	Description   *string
	VCPUs         int     `bun:"vcpus"`
	RAMMiB        int     `bun:"ram_mib"`
	DiskGiB       int     `bun:"disk_gib"`
	EphemeralGiB  int     `bun:"ephemeral_gib"`
	SwapMiB       int     `bun:"swap_mib"`
	RXTXFactor    float64 `bun:"rxtx_factor"`
	Public        bool
	Disabled      bool
	ExtraSpecs    map[string]string `bun:",type:text"`
	CreatedAt     time.Time
	UpdatedAt     *time.Time
}

type flavorProjectRow struct {
	bun.BaseModel `bun:"table:flavor_projects"`
	FlavorID      string `bun:",pk"`
	ProjectID     string `bun:",pk"`
}

func toFlavorRow(f nova.Flavor) flavorRow {
	return flavorRow{
		ID: f.ID, Name: f.Name, Description: f.Description, VCPUs: f.VCPUs, RAMMiB: f.RAMMiB, DiskGiB: f.DiskGiB,
		EphemeralGiB: f.EphemeralGiB, SwapMiB: f.SwapMiB, RXTXFactor: f.RXTXFactor, Public: f.Public,
		Disabled: f.Disabled, ExtraSpecs: filled(f.ExtraSpecs), CreatedAt: f.CreatedAt, UpdatedAt: f.UpdatedAt,
	}
}

func (r flavorRow) flavor() nova.Flavor {
	return nova.Flavor{
		ID: r.ID, Name: r.Name, Description: r.Description, VCPUs: r.VCPUs, RAMMiB: r.RAMMiB, DiskGiB: r.DiskGiB,
		EphemeralGiB: r.EphemeralGiB, SwapMiB: r.SwapMiB, RXTXFactor: r.RXTXFactor, Public: r.Public,
		Disabled: r.Disabled, ExtraSpecs: r.ExtraSpecs, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
	}
}

// Flavor gives a flavor by the API's id.
func (r rows) Flavor(ctx context.Context, id string) (nova.Flavor, error) {
	var row flavorRow
	if err := r.NewSelect().Model(&row).Where("f.id = ?", id).Scan(ctx); err != nil {
		return nova.Flavor{}, fmt.Errorf("read flavor %q: %w", id, err)
	}
	return row.flavor(), nil
}

// flavorColumns are the API's sort keys; as nova/db/api/models.py, Flavors.
func flavorColumns() map[string]string {
	return map[string]string{
		"flavorid": "id", "id": "id", "name": "name", "memory_mb": "ram_mib", "vcpus": "vcpus", "root_gb": "disk_gib",
		"ephemeral_gb": "ephemeral_gib", "swap": "swap_mib", "rxtx_factor": "rxtx_factor", "is_public": "public",
		"disabled": "disabled", "created_at": "created_at", "updated_at": orNever("updated_at"), "description": "COALESCE(description, '')",
		"vcpu_weight": "id", "deleted": "id", "deleted_at": "id",
	}
}

// Flavors lists flavors, by id where nothing else is asked.
func (r rows) Flavors(ctx context.Context, f nova.FlavorFilter, p nova.Page) ([]nova.Flavor, error) {
	var list []flavorRow
	q := r.NewSelect().Model(&list)
	if !f.IncludeDisabled {
		q = q.Where("f.disabled = ?", false)
	}
	if f.MinRAMMiB > 0 {
		q = q.Where("f.ram_mib >= ?", f.MinRAMMiB)
	}
	if f.MinDiskGiB > 0 {
		q = q.Where("f.disk_gib >= ?", f.MinDiskGiB)
	}
	if f.Public != nil {
		const granted = "EXISTS (SELECT 1 FROM flavor_projects AS p WHERE p.flavor_id = f.id AND p.project_id = ?)"
		if f.ProjectID != "" && *f.Public {
			q = q.Where("f.public = ? OR "+granted, true, f.ProjectID)
		} else {
			q = q.Where("f.public = ?", *f.Public)
		}
	}
	q, err := r.pagedFlavors(ctx, q, p)
	if err != nil {
		return nil, err
	}
	if err := q.Scan(ctx); err != nil {
		return nil, fmt.Errorf("list flavors: %w", err)
	}
	flavors := make([]nova.Flavor, len(list))
	for i, row := range list {
		flavors[i] = row.flavor()
	}
	return flavors, nil
}

func (r rows) pagedFlavors(ctx context.Context, q *bun.SelectQuery, p nova.Page) (*bun.SelectQuery, error) {
	sort := nova.Sort{Key: "flavorid"}
	if len(p.Sort) > 0 {
		sort = p.Sort[0]
	}
	column, ok := flavorColumns()[sort.Key]
	if !ok {
		return nil, fault.New(fault.Invalid, "InvalidSortKey", "Sort key supplied is invalid: %s", sort.Key)
	}
	direction, operator := " ASC", " > "
	if sort.Descending {
		direction, operator = " DESC", " < "
	}
	q = q.OrderExpr(column + direction).OrderExpr("id" + direction)
	if p.Limit > 0 {
		q = q.Limit(int64(p.Limit))
	}
	if p.Marker == "" {
		return q, nil
	}
	found, err := r.NewSelect().Model((*flavorRow)(nil)).Where("f.id = ?", p.Marker).Exists(ctx)
	if err != nil {
		return nil, fmt.Errorf("find marker %q: %w", p.Marker, err)
	}
	if !found {
		return nil, fault.New(fault.Invalid, "MarkerNotFound", "marker [%s] not found", p.Marker)
	}
	at := "(SELECT " + column + " FROM flavors WHERE id = ?)"
	return q.Where(column+operator+at+" OR ("+column+" = "+at+" AND id"+operator+"?)", p.Marker, p.Marker, p.Marker), nil
}

// InsertFlavor writes a new flavor; db.Duplicate tells when its id or name is taken.
func (t *Tx) InsertFlavor(ctx context.Context, f nova.Flavor) error {
	row := toFlavorRow(f)
	if _, err := t.rows.NewInsert().Model(&row).Exec(ctx); err != nil {
		return fmt.Errorf("write flavor %q: %w", f.ID, err)
	}
	return nil
}

// UpdateFlavor writes a flavor that was read in this same transaction.
func (t *Tx) UpdateFlavor(ctx context.Context, f nova.Flavor) error {
	row := toFlavorRow(f)
	if _, err := t.rows.NewUpdate().Model(&row).ExcludeColumn("id", "created_at").WherePK().Exec(ctx); err != nil {
		return fmt.Errorf("write flavor %q: %w", f.ID, err)
	}
	return nil
}

// DeleteFlavor removes a flavor, and tells whether it was there.
func (t *Tx) DeleteFlavor(ctx context.Context, id string) (bool, error) {
	return removed(t.rows.NewDelete().Model((*flavorRow)(nil)).Where("id = ?", id).Exec(ctx))
}

// FlavorProjects lists the projects that may use a private flavor.
func (r rows) FlavorProjects(ctx context.Context, id string) ([]string, error) {
	var list []flavorProjectRow
	if err := r.NewSelect().Model(&list).Where("flavor_id = ?", id).Order("project_id").Scan(ctx); err != nil {
		return nil, fmt.Errorf("read projects of flavor %q: %w", id, err)
	}
	projects := make([]string, len(list))
	for i, row := range list {
		projects[i] = row.ProjectID
	}
	return projects, nil
}

// InsertFlavorProject lets a project use a flavor.
func (t *Tx) InsertFlavorProject(ctx context.Context, id, projectID string) error {
	if _, err := t.rows.NewInsert().Model(&flavorProjectRow{FlavorID: id, ProjectID: projectID}).Exec(ctx); err != nil {
		return fmt.Errorf("grant flavor %q: %w", id, err)
	}
	return nil
}

// DeleteFlavorProject ends it, and tells whether it was so.
func (t *Tx) DeleteFlavorProject(ctx context.Context, id, projectID string) (bool, error) {
	return removed(t.rows.NewDelete().Model(&flavorProjectRow{FlavorID: id, ProjectID: projectID}).WherePK().Exec(ctx))
}
