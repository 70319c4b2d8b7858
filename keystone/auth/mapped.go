package auth

import (
	"context"
	"errors"

	"cumulet/keystone"
)

// mappedMethod proves by an identity provider's word, or by a token that was got by it. As keystone/auth/plugins/mapped.py.
type mappedMethod struct{ *Manager }

func (m mappedMethod) Prove(ctx context.Context, c Credentials, p *Proof) error {
	if c.Vouched == nil {
		if err := (tokenMethod(m)).Prove(ctx, c, p); err != nil {
			return err
		}
		if p.Federated == nil {
			return keystone.Unauthorized(errors.New("no identity provider vouched for the token"))
		}
		return nil
	}
	u, federated, err := m.Federation.SignIn(ctx, *c.Vouched)
	if err == nil {
		err = m.Identity.MaySignIn(ctx, u)
	}
	m.Identity.SignedIn(ctx, u, err)
	if err != nil {
		return err
	}
	p.Federated = federated
	return p.is(u)
}
