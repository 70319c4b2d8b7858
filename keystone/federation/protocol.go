package federation

import (
	"context"

	"cumulet/keystone"
	"cumulet/keystone/db"
)

// CreateProtocol makes a protocol of an identity provider, by a mapping that is there.
func (m *Manager) CreateProtocol(ctx context.Context, p keystone.FederationProtocol) (keystone.FederationProtocol, error) {
	return p, keystone.Named("create protocol", p.ID, m.Tx(ctx, func(tx *db.Tx) error {
		if err := mapped(ctx, tx, p.MappingID); err != nil {
			return err
		}
		if _, err := tx.IdentityProvider(ctx, p.IdentityProviderID); err != nil {
			return err
		}
		if err := tx.InsertFederationProtocol(ctx, p); err != nil {
			return err
		}
		return tx.Record(ctx, "identity.federation_protocol.created", p)
	}))
}

// mapped refuses a mapping that is not there. As keystone/federation/core.py, _validate_mapping_exists.
func mapped(ctx context.Context, tx *db.Tx, id string) error {
	found, err := tx.Mappings(ctx, keystone.Query{}.And("id", id))
	if err == nil && len(found) == 0 {
		err = keystone.Invalid("Invalid mapping id: %s", id)
	}
	return err
}

// UpdateProtocol changes a protocol.
func (m *Manager) UpdateProtocol(
	ctx context.Context, providerID, id string, change keystone.FederationProtocolChange,
) (p keystone.FederationProtocol, err error) {
	err = m.Tx(ctx, func(tx *db.Tx) error {
		if change.MappingID != nil {
			if err := mapped(ctx, tx, *change.MappingID); err != nil {
				return err
			}
		}
		if p, err = tx.FederationProtocol(ctx, providerID, id); err != nil {
			return err
		}
		change.Apply(&p)
		if err := tx.UpdateFederationProtocol(ctx, p); err != nil {
			return err
		}
		return tx.Record(ctx, "identity.federation_protocol.updated", p)
	})
	return p, keystone.Named("update protocol", id, err)
}

// DeleteProtocol deletes a protocol.
func (m *Manager) DeleteProtocol(ctx context.Context, providerID, id string) error {
	return keystone.Named("delete protocol", id, m.Tx(ctx, func(tx *db.Tx) error {
		p, err := tx.FederationProtocol(ctx, providerID, id)
		if err != nil {
			return err
		}
		if err := tx.DeleteFederationProtocol(ctx, p); err != nil {
			return err
		}
		return tx.Record(ctx, "identity.federation_protocol.deleted", p)
	}))
}
