package db

import (
	"context"

	"github.com/uptrace/bun"

	"cumulet/keystone"
	"cumulet/oslo/db"
)

type identityProviderRow struct {
	bun.BaseModel `bun:"table:identity_provider,alias:t"`
	keystone.IdentityProvider
}

type remoteIDRow struct {
	bun.BaseModel      `bun:"table:remote_id,alias:t"`
	RemoteID           string
	IdentityProviderID string
	Place              int // in the order in which they were given
}

// IdentityProvider is the identity provider of an id.
func (r rows) IdentityProvider(ctx context.Context, id string) (keystone.IdentityProvider, error) {
	found, err := r.IdentityProviders(ctx, keystone.Query{}.And("id", id))
	if err != nil {
		return keystone.IdentityProvider{}, err
	}
	if len(found) == 0 {
		return keystone.IdentityProvider{}, keystone.IdentityProviderNotFound(id)
	}
	return found[0], nil
}

// IdentityProviderOf is the one that has a name for itself.
func (r rows) IdentityProviderOf(ctx context.Context, remoteID string) (keystone.IdentityProvider, error) {
	var row remoteIDRow
	err := r.IDB.NewSelect().Model(&row).Where("remote_id = ?", remoteID).Scan(ctx)
	if db.NoRows(err) {
		return keystone.IdentityProvider{}, keystone.IdentityProviderNotFound(remoteID)
	}
	if err != nil {
		return keystone.IdentityProvider{}, err
	}
	return r.IdentityProvider(ctx, row.IdentityProviderID)
}

// IdentityProviders lists identity providers by id, enabled, domain_id.
func (r rows) IdentityProviders(ctx context.Context, q keystone.Query) ([]keystone.IdentityProvider, error) {
	var found []identityProviderRow
	if err := r.list(ctx, &found, q, "id", "enabled", "domain_id"); err != nil || len(found) == 0 {
		return nil, err
	}
	ids := make([]string, len(found))
	for i, row := range found {
		ids[i] = row.ID
	}
	var names []remoteIDRow
	err := r.IDB.NewSelect().Model(&names).Where("identity_provider_id IN (?)", bun.In(ids)).OrderExpr("place").Scan(ctx)
	if err != nil {
		return nil, err
	}
	of := map[string][]string{}
	for _, n := range names {
		of[n.IdentityProviderID] = append(of[n.IdentityProviderID], n.RemoteID)
	}
	providers := make([]keystone.IdentityProvider, len(found))
	for i, row := range found {
		row.RemoteIDs = of[row.ID]
		providers[i] = row.IdentityProvider
	}
	return providers, nil
}

// InsertIdentityProvider writes a new identity provider.
func (t *Tx) InsertIdentityProvider(ctx context.Context, p keystone.IdentityProvider) error {
	taken := keystone.Conflict("identity_provider", "Duplicate entry: "+p.ID)
	if err := t.insert(ctx, &identityProviderRow{IdentityProvider: p}, taken); err != nil {
		return err
	}
	return t.insertRemoteIDs(ctx, p)
}

// UpdateIdentityProvider writes an identity provider.
func (t *Tx) UpdateIdentityProvider(ctx context.Context, p keystone.IdentityProvider) error {
	if err := t.update(ctx, p.ID, &identityProviderRow{IdentityProvider: p}, nil); err != nil {
		return err
	}
	if _, err := t.remove(ctx, (*remoteIDRow)(nil), "identity_provider_id = ?", p.ID); err != nil {
		return err
	}
	return t.insertRemoteIDs(ctx, p)
}

func (t *Tx) insertRemoteIDs(ctx context.Context, p keystone.IdentityProvider) error {
	for i, name := range p.RemoteIDs {
		row := &remoteIDRow{RemoteID: name, IdentityProviderID: p.ID, Place: i}
		if err := t.insert(ctx, row, keystone.Conflict("identity_provider", "Duplicate remote ID: "+name)); err != nil {
			return err
		}
	}
	return nil
}

// DeleteIdentityProvider deletes an identity provider with its protocols, and what it told of its users.
func (t *Tx) DeleteIdentityProvider(ctx context.Context, id string) error {
	for _, owned := range []any{
		(*federationProtocolRow)(nil), (*remoteIDRow)(nil), (*expiringMembershipRow)(nil), (*federatedUserRow)(nil),
	} {
		if _, err := t.remove(ctx, owned, "identity_provider_id = ?", id); err != nil {
			return err
		}
	}
	_, err := t.remove(ctx, (*identityProviderRow)(nil), "id = ?", id)
	return err
}
