package token

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/go-jose/go-jose/v4"

	"cumulet/keystone"
	"cumulet/keystone/fernet"
)

// Signed makes tokens that are signed, and not sealed: whoever has the public keys can read them, and no keystone but one with the private
// key makes them. As keystone/token/providers/jws/core.py.
type Signed struct {
	Keys *KeyPairs
	Now  func() time.Time
}

// signedClaims are claims as JSON Web Tokens have them, under upstream's names; micros is what the time of making lacks there.
type signedClaims struct {
	Subject               string   `json:"sub"`
	IssuedAt              int64    `json:"iat"`
	ExpiresAt             int64    `json:"exp"`
	Methods               []string `json:"openstack_methods"`
	AuditIDs              []string `json:"openstack_audit_ids"`
	System                string   `json:"openstack_system,omitempty"`
	DomainID              string   `json:"openstack_domain_id,omitempty"`
	ProjectID             string   `json:"openstack_project_id,omitempty"`
	TrustID               string   `json:"openstack_trust_id,omitempty"`
	AccessTokenID         string   `json:"openstack_access_token_id,omitempty"`
	ApplicationCredential string   `json:"openstack_app_cred_id,omitempty"`
	GroupIDs              []string `json:"openstack_group_ids,omitempty"`
	IdentityProviderID    string   `json:"openstack_idp_id,omitempty"`
	ProtocolID            string   `json:"openstack_protocol_id,omitempty"`
	Micros                int      `json:"cumulet_micros,omitempty"`
}

// Issue makes the token that carries the claims.
func (s *Signed) Issue(c keystone.Claims) (string, error) {
	key, err := s.Keys.private()
	if err != nil {
		return "", err
	}
	claims := signedClaims{
		Subject: c.UserID, IssuedAt: c.IssuedAt.Unix(), ExpiresAt: c.ExpiresAt.Unix(), Methods: c.Methods, AuditIDs: c.AuditIDs,
		TrustID: c.TrustID, AccessTokenID: c.AccessTokenID, ApplicationCredential: c.ApplicationCredentialID,
		Micros: c.IssuedAt.Nanosecond() / 1000,
	}
	if f := c.Federated; f != nil {
		claims.GroupIDs, claims.IdentityProviderID, claims.ProtocolID = f.GroupIDs, f.IdentityProviderID, f.ProtocolID
	}
	switch c.Scope.Kind {
	case keystone.OnSystem:
		claims.System = c.Scope.ID
	case keystone.OnDomain:
		claims.DomainID = c.Scope.ID
	case keystone.OnProject:
		claims.ProjectID = c.Scope.ID
	}
	text, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: key}, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return "", err
	}
	signed, err := signer.Sign(text)
	if err != nil {
		return "", err
	}
	return signed.CompactSerialize()
}

// Epoch is that of the keys to confirm with.
func (s *Signed) Epoch() (int64, error) { return fernet.Epoch(s.Keys.Public) }

// Read gives the claims of a token that one of the keys signed, expired or not.
func (s *Signed) Read(token string) (keystone.Claims, error) {
	none := keystone.Unauthorized(ErrUnreadable)
	if len(token) > longest {
		return keystone.Claims{}, none
	}
	signed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		return keystone.Claims{}, none
	}
	keys, err := s.Keys.public()
	if err != nil {
		return keystone.Claims{}, err
	}
	for _, key := range keys {
		if text, err := signed.Verify(key); err == nil {
			return s.claims(text)
		}
	}
	return keystone.Claims{}, none
}

// claims are what a token of ours says.
func (s *Signed) claims(text []byte) (keystone.Claims, error) {
	var in signedClaims
	if err := json.Unmarshal(text, &in); err != nil || in.Subject == "" || len(in.AuditIDs) == 0 || in.Micros < 0 || in.Micros >= 1e6 {
		return keystone.Claims{}, keystone.Unauthorized(ErrUnreadable)
	}
	if _, err := methodBits(in.Methods); err != nil {
		return keystone.Claims{}, keystone.Unauthorized(ErrUnreadable)
	}
	c := keystone.Claims{
		UserID: in.Subject, Methods: in.Methods, AuditIDs: in.AuditIDs, TrustID: in.TrustID, AccessTokenID: in.AccessTokenID,
		ApplicationCredentialID: in.ApplicationCredential,
		IssuedAt:                time.Unix(in.IssuedAt, int64(in.Micros)*1000).UTC(), ExpiresAt: time.Unix(in.ExpiresAt, 0).UTC(),
	}
	switch {
	case in.ProjectID != "":
		c.Scope = keystone.Scope{Kind: keystone.OnProject, ID: in.ProjectID}
	case in.DomainID != "":
		c.Scope = keystone.Scope{Kind: keystone.OnDomain, ID: in.DomainID}
	case in.System != "":
		c.Scope = keystone.Scope{Kind: keystone.OnSystem, ID: in.System}
	}
	if in.IdentityProviderID != "" {
		c.Federated = &keystone.Federated{IdentityProviderID: in.IdentityProviderID, ProtocolID: in.ProtocolID, GroupIDs: in.GroupIDs}
	}
	if c.IssuedAt.After(s.Now().Add(skew)) {
		return keystone.Claims{}, keystone.Unauthorized(errors.New("the token is from the future"))
	}
	return c, nil
}
