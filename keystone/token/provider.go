package token

import (
	"errors"
	"time"

	"cumulet/keystone"
	"cumulet/keystone/fernet"
)

// ErrUnreadable says no more than that a token is none of ours: of whom or why is nobody's business.
var ErrUnreadable = errors.New("not a token of this cloud")

// Provider makes tokens of claims and claims of tokens.
type Provider struct {
	Keys *fernet.Keys
	Now  func() time.Time
}

const (
	// skew is how far a token's making may lie in the future: clocks differ.
	skew = time.Minute
	// longest is the bound on what is looked at: upstream's longest tokens have some 300 characters.
	longest = 4096
)

// Issue makes the token that carries the claims.
func (p *Provider) Issue(c keystone.Claims) (string, error) {
	payload, err := pack(c)
	if err != nil {
		return "", err
	}
	keys, err := p.Keys.Active()
	if err != nil {
		return "", err
	}
	return fernet.Seal(keys[0], payload, c.IssuedAt), nil
}

// Epoch is the keys'.
func (p *Provider) Epoch() (int64, error) { return p.Keys.Epoch() }

// Read gives the claims of a token that one of the keys made, expired or not.
func (p *Provider) Read(token string) (keystone.Claims, error) {
	if len(token) > longest {
		return keystone.Claims{}, keystone.Unauthorized(ErrUnreadable)
	}
	keys, err := p.Keys.Active()
	if err != nil {
		return keystone.Claims{}, err
	}
	payload, at, err := fernet.Unseal(keys, token)
	if err != nil {
		return keystone.Claims{}, keystone.Unauthorized(ErrUnreadable)
	}
	c, err := unpack(payload, at)
	if err != nil {
		return keystone.Claims{}, keystone.Unauthorized(err)
	}
	if c.IssuedAt.After(p.Now().Add(skew)) {
		return keystone.Claims{}, keystone.Unauthorized(errors.New("the token is from the future"))
	}
	return c, nil
}
