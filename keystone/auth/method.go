package auth

import (
	"context"
	"errors"

	"cumulet/keystone"
	"cumulet/oslo/fault"
)

// passwordMethod proves by a password.
type passwordMethod struct{ *Manager }

func (m passwordMethod) Prove(ctx context.Context, c Credentials, p *Proof) error {
	u, err := m.Identity.SignIn(ctx, c.Login)
	if err != nil {
		return err
	}
	return p.is(u)
}

// tokenMethod proves by another token, whose end and chain the new one keeps. A token of an application credential stays
// within it.
type tokenMethod struct{ *Manager }

func (m tokenMethod) Prove(ctx context.Context, c Credentials, p *Proof) error {
	t, err := m.Validate(ctx, c.Token, 0)
	if err != nil {
		return NotConfirmed(err)
	}
	if t.Trust != nil { // else what was lent would be kept
		return keystone.ActionForbidden("Using trust-scoped token to create another token. Create a new trust-scoped token instead")
	}
	if t.AccessToken != nil {
		return keystone.ActionForbidden("Using OAuth-scoped token to create another token. Create a new OAuth-scoped token instead")
	}
	p.OnSystem = t.Scope.Kind == keystone.OnSystem
	p.until(t.ExpiresAt)
	p.Chain = t.ChainID()
	p.ApplicationCredential, p.Federated = t.ApplicationCredential, t.Federated
	p.Methods = append(p.Methods, t.Methods...)
	return p.is(t.User)
}

// externalMethod proves by the word of the web server before keystone. As keystone/auth/plugins/external.py.
type externalMethod struct{ *Manager }

func (m externalMethod) Prove(ctx context.Context, c Credentials, p *Proof) error {
	if c.External == nil {
		return keystone.Unauthorized(errors.New("no web server before keystone has signed anybody in"))
	}
	u, err := m.Identity.UserMeant(ctx, *c.External)
	if err == nil {
		err = m.Identity.MaySignIn(ctx, u)
	}
	m.Identity.SignedIn(ctx, u, err)
	if err != nil {
		return err
	}
	return p.is(u)
}

// applicationCredentialMethod proves by a credential's secret.
type applicationCredentialMethod struct{ *Manager }

func (m applicationCredentialMethod) Prove(ctx context.Context, c Credentials, p *Proof) error {
	a, hash, err := m.find(ctx, c.ApplicationCredential)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	right, err := m.Passwords.Check(ctx, c.ApplicationCredential.Secret, hash)
	if err != nil {
		return err
	}
	if !right {
		return keystone.Unauthorized(errors.New("no such application credential, or not its secret"))
	}
	u, err := m.Identity.User(ctx, a.UserID)
	if err != nil {
		return err
	}
	if err := m.Identity.MaySignIn(ctx, u); err != nil {
		return err
	}
	if a.ExpiresAt != nil {
		if !a.ExpiresAt.After(m.Now()) {
			return keystone.Unauthorized(errors.New("the application credential has expired"))
		}
		p.until(*a.ExpiresAt)
	}
	p.ApplicationCredential = &a
	return p.is(u)
}

// find is the credential that is meant, and the hash of its secret.
func (m applicationCredentialMethod) find(ctx context.Context, c ApplicationCredential) (keystone.ApplicationCredential, string, error) {
	if c.ID != "" {
		return m.DB.ApplicationCredential(ctx, c.ID)
	}
	u, err := m.Identity.UserMeant(ctx, c.User)
	if err != nil {
		return keystone.ApplicationCredential{}, "", err
	}
	named, err := m.DB.ApplicationCredentials(ctx, keystone.Query{}.And("user_id", u.ID).And("name", c.Name))
	if err != nil || len(named) != 1 {
		return keystone.ApplicationCredential{}, "", err
	}
	return m.DB.ApplicationCredential(ctx, named[0].ID)
}
