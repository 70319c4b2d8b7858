package db

import (
	"context"
	"slices"

	"github.com/uptrace/bun"

	"cumulet/keystone"
	"cumulet/oslo/db"
)

type idMappingRow struct {
	bun.BaseModel `bun:"table:id_mapping,alias:t"`
	keystone.IDMapping
}

// IDMapping is the mapping of a public id.
func (r rows) IDMapping(ctx context.Context, publicID string) (keystone.IDMapping, error) {
	var m idMappingRow
	err := r.find(ctx, &m, "mapping", publicID, "public_id = ?", publicID)
	return m.IDMapping, err
}

// together bounds how many mappings one statement names.
const together = 500

// KeepIDMappings writes those mappings that are not there yet. In the usual case, that all are, it only reads.
func (d *DB) KeepIDMappings(ctx context.Context, all []keystone.IDMapping) error {
	for some := range slices.Chunk(all, together) {
		missing, err := d.unmapped(ctx, some)
		if err != nil {
			return err
		}
		if len(missing) == 0 {
			continue
		}
		err = d.Tx(ctx, func(tx *Tx) error {
			_, err := db.Keep(tx.rows.IDB.NewInsert().Model(&missing), missing).Exec(ctx)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (r rows) unmapped(ctx context.Context, some []keystone.IDMapping) ([]idMappingRow, error) {
	ids := make([]string, len(some))
	for i, m := range some {
		ids[i] = m.PublicID
	}
	var known []string
	err := r.IDB.NewSelect().Model((*idMappingRow)(nil)).Column("public_id").Where("public_id IN (?)", bun.In(ids)).Scan(ctx, &known)
	there := map[string]bool{}
	for _, id := range known {
		there[id] = true
	}
	var missing []idMappingRow
	for _, m := range some {
		if !there[m.PublicID] {
			missing = append(missing, idMappingRow{IDMapping: m})
		}
	}
	return missing, err
}

// PurgeIDMappings deletes mappings and tells how many.
func (t *Tx) PurgeIDMappings(ctx context.Context, q keystone.IDMappingQuery) (int64, error) {
	d := t.rows.IDB.NewDelete().Model((*idMappingRow)(nil)).Where("1 = 1")
	for column, value := range map[string]string{
		"domain_id": q.DomainID, "public_id": q.PublicID, "local_id": q.LocalID, "entity_type": string(q.EntityType),
	} {
		if value != "" {
			d = d.Where("? = ?", bun.Ident(column), value)
		}
	}
	result, err := d.Exec(ctx)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// ForgetIDMappings deletes the mappings of a domain, with all that is only of the users and groups that they stand for.
func (t *Tx) ForgetIDMappings(ctx context.Context, domainID string) error {
	mapped := func(kind keystone.ActorKind) any {
		return t.rows.IDB.NewSelect().Model((*idMappingRow)(nil)).Column("public_id").Where("domain_id = ? AND entity_type = ?", domainID, kind)
	}
	if err := t.forgetUsers(ctx, mapped(keystone.ToUser)); err != nil {
		return err
	}
	_, err := t.remove(ctx, (*assignmentRow)(nil), "actor_kind = ? AND actor_id IN (?)", keystone.ToGroup, mapped(keystone.ToGroup))
	if err != nil {
		return err
	}
	_, err = t.PurgeIDMappings(ctx, keystone.IDMappingQuery{DomainID: domainID})
	return err
}
