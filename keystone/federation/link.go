package federation

import (
	"context"

	"cumulet/keystone"
	"cumulet/keystone/db"
	"cumulet/oslo/fault"
)

// Linkable refuses what identity providers that are not there, or have not the protocol, would call a user; and what they call another. As
// keystone/identity/core.py, _validate_federated_objects.
func (m *Manager) Linkable(ctx context.Context, userID string, called []keystone.FederatedUser) error {
	for _, c := range called {
		_, err := m.IdentityProvider(ctx, c.IdentityProviderID)
		if err == nil {
			_, err = m.FederationProtocol(ctx, c.IdentityProviderID, c.ProtocolID)
		}
		if f := fault.Of(err); f != nil && f.Kind == fault.NotFound {
			return keystone.Invalid("%s", f.Text)
		}
		if err != nil {
			return err
		}
		if err := free(ctx, m, userID, c); err != nil {
			return err
		}
	}
	return nil
}

// names tells whom identity providers call what: the database, or a transaction on it.
type names interface {
	FederatedUser(ctx context.Context, providerID, protocolID, uniqueID string) (keystone.FederatedUser, error)
}

// free refuses a name that means another user.
func free(ctx context.Context, in names, userID string, c keystone.FederatedUser) error {
	known, err := in.FederatedUser(ctx, c.IdentityProviderID, c.ProtocolID, c.UniqueID)
	if err == nil && known.UserID != "" && known.UserID != userID {
		err = keystone.Conflict("federated_user", "Duplicate entry")
	}
	return err
}

// Link has identity providers mean a user by these names, and by no others.
func (m *Manager) Link(ctx context.Context, u keystone.User, called []keystone.FederatedUser) error {
	return keystone.Named("link user", u.ID, m.Tx(ctx, func(tx *db.Tx) error {
		if err := tx.DeleteFederatedUsers(ctx, u.ID); err != nil {
			return err
		}
		for _, c := range called {
			if err := free(ctx, tx, u.ID, c); err != nil {
				return err
			}
			c.UserID, c.DisplayName = u.ID, u.Name
			if err := tx.PutFederatedUser(ctx, c); err != nil {
				return err
			}
		}
		return tx.Record(ctx, "identity.user.updated", u)
	}))
}
