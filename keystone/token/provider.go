package token

import (
	"errors"
	"time"

	"cumulet/keystone"
)

// ErrUnreadable says no more than that a token is none of ours: of whom or why is nobody's business.
var ErrUnreadable = errors.New("not a token of this cloud")

// Provider makes tokens of claims and claims of tokens.
type Provider struct {
	Keys *Keys
	Now  func() time.Time
}

// skew is how far a token's making may lie in the future: clocks differ.
const skew = time.Minute

// Issue makes the token that carries the claims.
func (p *Provider) Issue(c keystone.Claims) (string, error) {
	payload, err := pack(c)
	if err != nil {
		return "", err
	}
	keys, err := p.Keys.active()
	if err != nil {
		return "", err
	}
	return seal(keys[0], payload, c.IssuedAt), nil
}

// Read gives the claims of a token that one of the keys made, expired or not.
func (p *Provider) Read(token string) (keystone.Claims, error) {
	keys, err := p.Keys.active()
	if err != nil {
		return keystone.Claims{}, err
	}
	payload, at, err := unseal(keys, token)
	if err != nil {
		return keystone.Claims{}, keystone.Unauthorized(err)
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
