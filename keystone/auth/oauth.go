package auth

import (
	"context"
	"errors"
	"slices"

	"cumulet/keystone"
)

// oauthMethod proves by a request that a consumer signed with an access token. As keystone/auth/plugins/oauth1.py.
type oauthMethod struct{ *Manager }

func (m oauthMethod) Prove(ctx context.Context, c Credentials, p *Proof) error {
	t, err := m.OAuth.Prove(ctx, c.OAuth)
	if err != nil {
		return err
	}
	u, err := m.Identity.User(ctx, t.UserID)
	if err != nil {
		return err
	}
	if err := m.Identity.MaySignIn(ctx, u); err != nil {
		return err
	}
	if t.ExpiresAt != nil {
		p.until(*t.ExpiresAt)
	}
	p.AccessToken = &t
	return p.is(u)
}

// consumed leaves a token the roles of its access token, all of which the user must still have; upstream does not ask that.
func (m *Manager) consumed(ctx context.Context, t *keystone.Token) error {
	a, err := m.DB.AccessToken(ctx, t.AccessTokenID)
	if err != nil {
		return err
	}
	if a.UserID != t.UserID || a.ProjectID != t.Scope.ID || a.ExpiresAt != nil && !m.Now().Before(*a.ExpiresAt) {
		return keystone.Unauthorized(errors.New("the access token is another user's or project's, or has expired"))
	}
	t.AccessToken = &a
	t.Roles = slices.DeleteFunc(t.Roles, func(r keystone.Role) bool { return !slices.Contains(a.Roles, r.ID) })
	if len(t.Roles) != len(a.Roles) {
		return keystone.Unauthorized(errors.New("the user has lost a role of the access token"))
	}
	return nil
}
