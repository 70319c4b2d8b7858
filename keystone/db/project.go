package db

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"cumulet/keystone"
)

type projectRow struct {
	bun.BaseModel `bun:"table:project,alias:t"`
	keystone.Project
}

// Project is the project of an id, domains included.
func (r rows) Project(ctx context.Context, id string) (keystone.Project, error) {
	var p projectRow
	err := r.find(ctx, &p, "project", id, "id = ?", id)
	return p.Project, err
}

// ProjectByName is the project of a name in a domain.
func (r rows) ProjectByName(ctx context.Context, domainID, name string) (keystone.Project, error) {
	var p projectRow
	err := r.find(ctx, &p, "project", name, "domain_id = ? AND name = ? AND is_domain = ?", domainID, name, false)
	return p.Project, err
}

// Domain is the domain of an id.
func (r rows) Domain(ctx context.Context, id string) (keystone.Project, error) {
	var p projectRow
	err := r.find(ctx, &p, "domain", id, "id = ? AND is_domain = ?", id, true)
	return p.Project, err
}

// DomainByName is the domain of a name.
func (r rows) DomainByName(ctx context.Context, name string) (keystone.Project, error) {
	var p projectRow
	err := r.find(ctx, &p, "domain", name, "name = ? AND domain_id = ''", name)
	return p.Project, err
}

// place is a question for a project or domain: by what, of which domain, and the id or name.
type place struct{ by, domainID, value string }

// Project is the project of an id, domains included; remembered, as the next three are, since each sign-in asks for some.
func (d *DB) Project(ctx context.Context, id string) (keystone.Project, error) {
	return d.places.Get(ctx, d, time.Now(), place{by: "id", value: id}, func() (keystone.Project, error) {
		return d.rows.Project(ctx, id)
	})
}

// ProjectByName is the project of a name in a domain.
func (d *DB) ProjectByName(ctx context.Context, domainID, name string) (keystone.Project, error) {
	return d.places.Get(ctx, d, time.Now(), place{"name", domainID, name}, func() (keystone.Project, error) {
		return d.rows.ProjectByName(ctx, domainID, name)
	})
}

// Domain is the domain of an id.
func (d *DB) Domain(ctx context.Context, id string) (keystone.Project, error) {
	return d.places.Get(ctx, d, time.Now(), place{by: "domain", value: id}, func() (keystone.Project, error) {
		return d.rows.Domain(ctx, id)
	})
}

// DomainByName is the domain of a name.
func (d *DB) DomainByName(ctx context.Context, name string) (keystone.Project, error) {
	return d.places.Get(ctx, d, time.Now(), place{by: "domain name", value: name}, func() (keystone.Project, error) {
		return d.rows.DomainByName(ctx, name)
	})
}

// Projects lists projects by name, domain_id, parent_id, enabled, is_domain.
func (r rows) Projects(ctx context.Context, q keystone.Query) ([]keystone.Project, error) {
	var found []projectRow
	err := r.list(ctx, &found, q, "id", "name", "domain_id", "parent_id", "enabled", "is_domain")
	return projectsOf(found), err
}

// ProjectsByID lists the projects of ids.
func (r rows) ProjectsByID(ctx context.Context, ids []string) ([]keystone.Project, error) {
	var found []projectRow
	err := r.IDB.NewSelect().Model(&found).Where("id IN (?)", bun.In(ids)).OrderExpr("id").Scan(ctx)
	return projectsOf(found), err
}

// Ancestors lists what a project lies under, its parent first and its domain last.
func (r rows) Ancestors(ctx context.Context, p keystone.Project) ([]keystone.Project, error) {
	var above []keystone.Project
	for p.ParentID != "" {
		var err error
		if p, err = r.Project(ctx, p.ParentID); err != nil {
			return nil, err
		}
		above = append(above, p)
	}
	return above, nil
}

// Descendants lists all that lies under a project or domain, parents before their children.
func (r rows) Descendants(ctx context.Context, id string) ([]keystone.Project, error) {
	var below []keystone.Project
	parents := []string{id}
	for len(parents) > 0 {
		var found []projectRow
		err := r.IDB.NewSelect().Model(&found).Where("parent_id IN (?)", bun.In(parents)).OrderExpr("id").Scan(ctx)
		if err != nil {
			return nil, err
		}
		parents = nil
		for _, p := range found {
			parents = append(parents, p.ID)
		}
		below = append(below, projectsOf(found)...)
	}
	return below, nil
}

// DeepProjects names some of the projects that lie deeper below their domain than depth.
func (r rows) DeepProjects(ctx context.Context, depth int) (ids []string, err error) {
	s := r.IDB.NewSelect().TableExpr("project AS p0").ColumnExpr("p0.id").OrderExpr("p0.id").Limit(10)
	for i := range depth {
		s = s.Join(fmt.Sprintf("JOIN project AS p%d ON p%d.id = p%d.parent_id", i+1, i+1, i))
	}
	err = s.Where(fmt.Sprintf("p%d.parent_id <> ''", depth)).Scan(ctx, &ids)
	return ids, err
}

func projectsOf(found []projectRow) []keystone.Project {
	projects := make([]keystone.Project, len(found))
	for i, p := range found {
		projects[i] = p.Project
	}
	return projects
}

// InsertProject writes a new project; taken is the fault when its name or id is.
func (t *Tx) InsertProject(ctx context.Context, p keystone.Project, taken error) error {
	return t.insert(ctx, &projectRow{Project: p}, taken)
}

// UpdateProject writes a project.
func (t *Tx) UpdateProject(ctx context.Context, p keystone.Project, taken error) error {
	return t.update(ctx, p.ID, &projectRow{Project: p}, taken)
}

// DeleteProject deletes a project, what is assigned on it, what is only for it, its limits and what endpoints it was given;
// users whose default it was have none.
func (t *Tx) DeleteProject(ctx context.Context, id string) error {
	if _, err := t.remove(ctx, (*assignmentRow)(nil), "scope_id = ?", id); err != nil {
		return err
	}
	for _, within := range []any{(*applicationCredentialRow)(nil), (*SealedCredential)(nil), (*trustRow)(nil), (*requestTokenRow)(nil), (*accessTokenRow)(nil)} {
		if _, err := t.remove(ctx, within, "project_id = ?", id); err != nil {
			return err
		}
	}
	if err := t.unfilter(ctx, id); err != nil {
		return err
	}
	if _, err := t.remove(ctx, (*limitRow)(nil), "project_id = ? OR domain_id = ?", id, id); err != nil {
		return err
	}
	_, err := t.rows.IDB.NewUpdate().Model((*userRow)(nil)).Set("default_project_id = ''").
		Where("default_project_id = ?", id).Exec(ctx)
	if err != nil {
		return err
	}
	_, err = t.remove(ctx, (*projectRow)(nil), "id = ?", id)
	return err
}
