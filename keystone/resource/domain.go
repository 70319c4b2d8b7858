package resource

import (
	"context"
	"strings"

	"cumulet/keystone"
	"cumulet/keystone/db"
)

// CreateDomain makes a domain; its id may be given.
func (m *Manager) CreateDomain(ctx context.Context, d keystone.Project) (keystone.Project, error) {
	if d.ParentID != "" || d.DomainID != "" {
		return d, keystone.Invalid("only root projects are allowed to act as domains.")
	}
	if d.ID == "" {
		d.ID = keystone.NewID()
	}
	d.IsDomain, d.Name, d.CreatedAt = true, strings.TrimSpace(d.Name), m.Now()
	err := m.Tx(ctx, func(tx *db.Tx) error {
		if err := tx.InsertProject(ctx, d, taken(d)); err != nil {
			return err
		}
		return tx.Record(ctx, "identity.domain.created", d)
	})
	return d, keystone.Named("create domain", d.Name, err)
}

// UpdateDomain changes a domain.
func (m *Manager) UpdateDomain(ctx context.Context, id string, change keystone.ProjectChange) (keystone.Project, error) {
	if _, err := m.Domain(ctx, id); err != nil {
		return keystone.Project{}, err
	}
	return m.UpdateProject(ctx, id, change)
}

// DeleteDomain deletes a disabled domain with all that is in it.
func (m *Manager) DeleteDomain(ctx context.Context, id string) error {
	if _, err := m.Domain(ctx, id); err != nil {
		return err
	}
	return m.DeleteProject(ctx, id)
}

// deleteDomain deletes the domain's projects from the leaves up, its users, groups and roles, its configuration, and itself.
func (m *Manager) deleteDomain(ctx context.Context, tx *db.Tx, d keystone.Project) error {
	if d.Enabled {
		return keystone.Forbidden("Cannot delete a domain that is enabled, please disable it first.")
	}
	below, err := tx.Descendants(ctx, d.ID)
	if err != nil {
		return err
	}
	for i := len(below) - 1; i >= 0; i-- {
		if err := m.remove(ctx, tx, below[i]); err != nil {
			return err
		}
	}
	if err := m.emptyDomain(ctx, tx, d.ID); err != nil {
		return err
	}
	if err := tx.DeleteDomainConfig(ctx, d.ID, "", ""); err != nil {
		return err
	}
	return m.remove(ctx, tx, d)
}

func (m *Manager) emptyDomain(ctx context.Context, tx *db.Tx, id string) error {
	in := keystone.Query{}.And("domain_id", id)
	users, err := tx.Users(ctx, in)
	if err != nil {
		return err
	}
	for _, u := range users {
		if err := tx.DeleteUser(ctx, u.ID); err != nil {
			return err
		}
		if err := tx.Record(ctx, "identity.user.deleted", u); err != nil {
			return err
		}
	}
	groups, err := tx.Groups(ctx, in)
	if err != nil {
		return err
	}
	for _, g := range groups {
		if err := tx.DeleteGroup(ctx, g.ID); err != nil {
			return err
		}
		if err := tx.Record(ctx, "identity.group.deleted", g); err != nil {
			return err
		}
	}
	if err := tx.ForgetIDMappings(ctx, id); err != nil {
		return err
	}
	providers, err := tx.IdentityProviders(ctx, in)
	if err != nil {
		return err
	}
	for _, p := range providers {
		if err := tx.DeleteIdentityProvider(ctx, p.ID); err != nil {
			return err
		}
		if err := tx.Record(ctx, "identity.identity_provider.deleted", p); err != nil {
			return err
		}
	}
	roles, err := tx.Roles(ctx, in)
	if err != nil {
		return err
	}
	for _, r := range roles {
		if err := tx.DeleteRole(ctx, r.ID); err != nil {
			return err
		}
	}
	return nil
}
