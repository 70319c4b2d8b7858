package db

import (
	"context"

	"github.com/uptrace/bun"

	"cumulet/keystone"
	"cumulet/oslo/db"
)

type federationProtocolRow struct {
	bun.BaseModel `bun:"table:federation_protocol,alias:t"`
	keystone.FederationProtocol
}

// FederationProtocol is a protocol of an identity provider.
func (r rows) FederationProtocol(ctx context.Context, providerID, id string) (keystone.FederationProtocol, error) {
	var p federationProtocolRow
	err := r.IDB.NewSelect().Model(&p).Where("identity_provider_id = ? AND id = ?", providerID, id).Scan(ctx)
	if db.NoRows(err) {
		err = keystone.ProtocolNotFound(providerID, id)
	}
	return p.FederationProtocol, err
}

// FederationProtocols lists the protocols of identity providers by identity_provider_id.
func (r rows) FederationProtocols(ctx context.Context, q keystone.Query) ([]keystone.FederationProtocol, error) {
	var found []federationProtocolRow
	err := r.list(ctx, &found, q, "id", "identity_provider_id", "mapping_id")
	protocols := make([]keystone.FederationProtocol, len(found))
	for i, row := range found {
		protocols[i] = row.FederationProtocol
	}
	return protocols, err
}

// InsertFederationProtocol writes a new protocol.
func (t *Tx) InsertFederationProtocol(ctx context.Context, p keystone.FederationProtocol) error {
	return t.insert(ctx, &federationProtocolRow{FederationProtocol: p}, keystone.Conflict("federation_protocol", "Duplicate entry found with ID "+p.ID))
}

// UpdateFederationProtocol writes a protocol.
func (t *Tx) UpdateFederationProtocol(ctx context.Context, p keystone.FederationProtocol) error {
	_, err := t.rows.IDB.NewUpdate().Model(&federationProtocolRow{FederationProtocol: p}).
		Where("identity_provider_id = ? AND id = ?", p.IdentityProviderID, p.ID).Exec(ctx)
	return err
}

// DeleteFederationProtocol deletes a protocol.
func (t *Tx) DeleteFederationProtocol(ctx context.Context, p keystone.FederationProtocol) error {
	_, err := t.remove(ctx, (*federationProtocolRow)(nil), "identity_provider_id = ? AND id = ?", p.IdentityProviderID, p.ID)
	return err
}
