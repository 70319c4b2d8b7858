package auth

import (
	"context"
	"errors"
	"slices"
	"time"

	"cumulet/keystone"
	"cumulet/keystone/credential"
	"cumulet/keystone/token"
)

// methodEC2 is how a token says that it was got by a signature, as long as it is not read again: it has no bit in tokens.
const methodEC2 = "ec2credential"

// AuthenticateSigned issues a token to the owner of an ec2 credential, found by its access key, who signed a request: right says
// whether with its secret. Unknown keys and wrong signatures are refused alike. As keystone/api/_shared/EC2_S3_Resource.py.
func (m *Manager) AuthenticateSigned(ctx context.Context, access string, right func(secret string) error) (string, keystone.Token, error) {
	found, err := m.Credential.Credential(ctx, credential.IDOfAccess(access))
	if err != nil {
		return "", keystone.Token{}, unauthorized(err)
	}
	if found.Type != keystone.EC2 {
		return "", keystone.Token{}, keystone.Unauthorized(errors.New("the credential does not sign"))
	}
	secret, err := credential.SecretOf(found)
	if err != nil {
		return "", keystone.Token{}, keystone.Unauthorized(err)
	}
	if err := right(secret.Secret); err != nil {
		return "", keystone.Token{}, err
	}
	now := m.Now().UTC()
	c := keystone.Claims{
		UserID: found.UserID, Scope: keystone.Scope{Kind: keystone.OnProject, ID: found.ProjectID},
		AuditIDs: []string{token.NewAuditID()}, IssuedAt: now.Truncate(time.Microsecond), ExpiresAt: now.Add(m.Config.TokenLifetime).Truncate(time.Second),
		ApplicationCredentialID: secret.ApplicationCredentialID, TrustID: secret.TrustID, AccessTokenID: secret.AccessTokenID,
	}
	delegations := []string{c.ApplicationCredentialID, c.TrustID, c.AccessTokenID}
	if none := func(id string) bool { return id == "" }; len(slices.DeleteFunc(delegations, none)) > 1 {
		return "", keystone.Token{}, keystone.Unauthorized(errors.New("a credential is made under one delegation, not under several"))
	}
	if c.TrustID != "" {
		if c.UserID, err = m.trusteeOf(ctx, c.TrustID, found.UserID); err != nil {
			return "", keystone.Token{}, unauthorized(err)
		}
	}
	text, t, err := m.issue(ctx, c)
	t.Methods = []string{methodEC2}
	return text, t, err
}

// trusteeOf is who a credential under a trust acts as. One that was made while impersonating is the trustor's; others' are no way in,
// whatever trust they name.
func (m *Manager) trusteeOf(ctx context.Context, trustID, ownerID string) (string, error) {
	t, err := m.Trust.Trust(ctx, trustID)
	if err == nil && ownerID != t.TrusteeID && !(t.Impersonation && ownerID == t.TrustorID) {
		err = keystone.Unauthorized(errors.New("the credential's owner has no part in the trust"))
	}
	return t.TrusteeID, err
}
