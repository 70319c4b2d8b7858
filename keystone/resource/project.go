package resource

import (
	"context"
	"fmt"
	"strings"

	"cumulet/keystone"
	"cumulet/keystone/db"
	"cumulet/oslo/fault"
)

// CreateProject makes a project under its parent; without one, under its domain. A project that acts as a domain is made
// as a domain.
func (m *Manager) CreateProject(ctx context.Context, p keystone.Project) (keystone.Project, error) {
	if p.IsDomain {
		return m.CreateDomain(ctx, p)
	}
	p.ID, p.Name, p.CreatedAt = keystone.NewID(), strings.TrimSpace(p.Name), m.Now()
	err := m.Tx(ctx, func(tx *db.Tx) error {
		if err := m.place(ctx, tx, &p); err != nil {
			return err
		}
		if err := tx.InsertProject(ctx, p, taken(p)); err != nil {
			return err
		}
		return tx.Record(ctx, "identity.project.created", p)
	})
	return p, keystone.Named("create project", p.Name, err)
}

// place finds the project's domain and parent, and refuses where it cannot be. As keystone/resource/core.py,
// _assert_regular_project_constraints; what is not there is a bad request, not a missing page.
func (m *Manager) place(ctx context.Context, tx *db.Tx, p *keystone.Project) error {
	if p.ParentID == "" {
		p.ParentID = p.DomainID
	}
	parent, err := tx.Project(ctx, p.ParentID)
	if err != nil && p.ParentID != p.DomainID {
		return asInvalid(err)
	}
	if p.DomainID == "" {
		p.DomainID = parent.HomeDomain()
	}
	if _, err := tx.Domain(ctx, p.DomainID); err != nil {
		return asInvalid(err)
	}
	if home := parent.HomeDomain(); home != p.DomainID {
		if parent.IsDomain {
			return keystone.Invalid("Cannot create project, the parent (%s) is acting as a domain, but this project's domain id (%s) "+
				"does not match the parent's id.", parent.ID, p.DomainID)
		}
		return keystone.Invalid("Cannot create project, since it specifies its domain_id %s, but specifies a parent in a different "+
			"domain (%s).", p.DomainID, home)
	}
	above, err := tx.Ancestors(ctx, *p)
	if err != nil {
		return err
	}
	for _, a := range above {
		if !a.Enabled {
			return keystone.Invalid("cannot create a project in a branch containing a disabled project: %s", a.ID)
		}
	}
	if len(above) > m.Config.ProjectDepth() { // above has the domain, which does not count
		return keystone.Forbidden("Max hierarchy depth reached for %s branch.", p.ParentID)
	}
	return nil
}

// UpdateProject changes a project or a domain. Being disabled ends the tokens for it.
func (m *Manager) UpdateProject(ctx context.Context, id string, change keystone.ProjectChange) (p keystone.Project, err error) {
	err = m.Tx(ctx, func(tx *db.Tx) error {
		if p, err = tx.Project(ctx, id); err != nil {
			return err
		}
		if p.Immutable() && !change.Thaws() {
			return keystone.ImmutableUpdate(noun(p), id)
		}
		was := p.Enabled
		change.Apply(&p)
		p.Name = strings.TrimSpace(p.Name)
		if err := m.toggle(ctx, tx, p, was); err != nil {
			return err
		}
		if err := tx.UpdateProject(ctx, p, taken(p)); err != nil {
			return err
		}
		return tx.Record(ctx, "identity."+noun(p)+".updated", p)
	})
	return p, keystone.Named("update project", id, err)
}

// toggle asks what being enabled or disabled asks of those above and below, and ends tokens.
func (m *Manager) toggle(ctx context.Context, tx *db.Tx, p keystone.Project, was bool) error {
	switch {
	case was == p.Enabled:
		return nil
	case p.IsDomain && p.Enabled:
		return nil
	case p.IsDomain:
		return m.revoke(ctx, tx, keystone.RevokedDomain, p.ID)
	case p.Enabled:
		above, err := tx.Ancestors(ctx, p)
		if err != nil {
			return err
		}
		for _, a := range above {
			if !a.Enabled {
				return keystone.Forbidden("Cannot enable project %s since it has disabled parents", p.ID)
			}
		}
		return nil
	}
	below, err := tx.Descendants(ctx, p.ID)
	if err != nil {
		return err
	}
	for _, b := range below {
		if b.Enabled {
			return keystone.Forbidden("Cannot disable project %s since its subtree contains enabled projects.", p.ID)
		}
	}
	return m.revoke(ctx, tx, keystone.RevokedProject, p.ID)
}

// DeleteProject deletes a project that has none below it, with what is assigned on it.
func (m *Manager) DeleteProject(ctx context.Context, id string) error {
	return keystone.Named("delete project", id, m.Tx(ctx, func(tx *db.Tx) error {
		p, err := tx.Project(ctx, id)
		if err != nil {
			return err
		}
		if p.Immutable() {
			return keystone.ImmutableDelete(noun(p), id)
		}
		if p.IsDomain {
			return m.deleteDomain(ctx, tx, p)
		}
		below, err := tx.Descendants(ctx, id)
		if err != nil {
			return err
		}
		if len(below) > 0 {
			return keystone.Forbidden("Cannot delete the project %s since it is not a leaf in the hierarchy. Use the cascade option if "+
				"you want to delete a whole subtree.", id)
		}
		return m.remove(ctx, tx, p)
	}))
}

// remove deletes one project, ends its tokens and records it.
func (m *Manager) remove(ctx context.Context, tx *db.Tx, p keystone.Project) error {
	if err := tx.DeleteProject(ctx, p.ID); err != nil {
		return err
	}
	return tx.Record(ctx, "identity."+noun(p)+".deleted", p)
}

func (m *Manager) revoke(ctx context.Context, tx *db.Tx, kind keystone.RevocationKind, id string) error {
	now := m.Now()
	return tx.Revoke(ctx, keystone.Revocation{Kind: kind, Subject: id, IssuedBefore: now, RevokedAt: now})
}

// noun is what the API calls it.
func noun(p keystone.Project) string {
	if p.IsDomain {
		return "domain"
	}
	return "project"
}

// taken is the conflict of a project whose name is. As _generate_project_name_conflict_msg.
func taken(p keystone.Project) *fault.Fault {
	if p.IsDomain {
		return keystone.Conflict("project", "it is not permitted to have two projects acting as domains with the same name: "+p.Name)
	}
	return keystone.Conflict("project", fmt.Sprintf("it is not permitted to have two projects with either the same name or same id "+
		"in the same domain: name is %s, project id %s", p.Name, p.ID))
}

// asInvalid makes of something missing that the request is bad.
func asInvalid(err error) error {
	if f := fault.Of(err); f != nil && f.Kind == fault.NotFound {
		return keystone.Invalid("%s", f.Text)
	}
	return err
}
