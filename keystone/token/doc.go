// Package token makes and reads Fernet tokens: claims in upstream's payload formats, packed by msgpack, encrypted and
// signed with the keys of a repository that rotates. It says whether a token is one of ours and what it claims; whether it
// is still good is keystone/auth's to find out.
//
// A key repository is a folder of files named by number, one key each. 0 is the staged key: the next primary, spread to
// all machines before it is used. The highest is the primary, which makes tokens. Those between are old primaries, which
// read what they made. A rotation makes the staged key the primary, stages a new one and drops the oldest.
package token

import (
	"errors"
	"time"

	"cumulet/keystone"
)

// errUnreadable says no more than that a token is none of ours: of whom or why is nobody's business.
var errUnreadable = errors.New("not a token of this cloud")

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
