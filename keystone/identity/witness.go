package identity

import (
	"context"
	"log/slog"

	"cumulet/keystone"
	"cumulet/keystone/db"
)

// SignedIn writes into the event log how a try to sign in ended, where somebody wants to know. What cannot be written keeps nobody
// out.
func (m *Manager) SignedIn(ctx context.Context, u keystone.User, refused error) {
	s := keystone.NewSignIn(u, refused)
	if m.Witness == nil || !m.Witness(s.Outcome) {
		return
	}
	err := m.DB.Tx(ctx, func(tx *db.Tx) error {
		return tx.Tx.Record(ctx, "identity.authenticate", s) // which makes nothing old that was read before
	})
	if err != nil {
		slog.ErrorContext(ctx, "a sign-in is not recorded", "user", u.ID, "outcome", s.Outcome, "error", err)
	}
}
