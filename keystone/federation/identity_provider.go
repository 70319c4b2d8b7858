package federation

import (
	"context"

	"cumulet/keystone"
	"cumulet/keystone/db"
)

// CreateIdentityProvider makes an identity provider, with a domain for its users where none is named.
func (m *Manager) CreateIdentityProvider(ctx context.Context, p keystone.IdentityProvider) (keystone.IdentityProvider, error) {
	own := p.DomainID == ""
	if own {
		p.DomainID = keystone.NewID()
	} else if _, err := m.Domain(ctx, p.DomainID); err != nil {
		return p, err
	}
	return p, keystone.Named("create identity provider", p.ID, m.Tx(ctx, func(tx *db.Tx) error {
		if own {
			about := "Auto generated federated domain for Identity Provider: " + p.ID
			d := keystone.Project{
				ID: p.DomainID, Name: p.DomainID, IsDomain: true, Enabled: true, CreatedAt: m.Now(),
				Description: &about,
			}
			if err := tx.InsertProject(ctx, d, keystone.NameTaken("domain", d.Name, "")); err != nil {
				return err
			}
			if err := tx.Record(ctx, "identity.domain.created", d); err != nil {
				return err
			}
		}
		if err := tx.InsertIdentityProvider(ctx, p); err != nil {
			return err
		}
		return tx.Record(ctx, "identity.identity_provider.created", p)
	}))
}

// UpdateIdentityProvider changes an identity provider.
func (m *Manager) UpdateIdentityProvider(
	ctx context.Context, id string, change keystone.IdentityProviderChange,
) (p keystone.IdentityProvider, err error) {
	err = m.Tx(ctx, func(tx *db.Tx) error {
		if p, err = tx.IdentityProvider(ctx, id); err != nil {
			return err
		}
		change.Apply(&p)
		if err := tx.UpdateIdentityProvider(ctx, p); err != nil {
			return err
		}
		return tx.Record(ctx, "identity.identity_provider.updated", p)
	})
	return p, keystone.Named("update identity provider", id, err)
}

// DeleteIdentityProvider deletes an identity provider; tokens of those it vouched for end. Its users and their domain stay, as upstream's do.
func (m *Manager) DeleteIdentityProvider(ctx context.Context, id string) error {
	return keystone.Named("delete identity provider", id, m.Tx(ctx, func(tx *db.Tx) error {
		p, err := tx.IdentityProvider(ctx, id)
		if err != nil {
			return err
		}
		if err := tx.DeleteIdentityProvider(ctx, id); err != nil {
			return err
		}
		return tx.Record(ctx, "identity.identity_provider.deleted", p)
	}))
}
