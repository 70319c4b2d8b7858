// Package applicationcredential holds the rules of what stands in for a password: application credentials, with the access rules
// that narrow them.
package applicationcredential

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"slices"
	"time"

	"cumulet/keystone"
	"cumulet/keystone/assignment"
	"cumulet/keystone/db"
	"cumulet/keystone/password"
	"cumulet/oslo/fault"
)

// Manager is the application credentials of the cloud.
type Manager struct {
	DB         *db.DB
	Assignment *assignment.Manager
	Passwords  *password.Hasher
	Config     keystone.Config
	Now        func() time.Time
}

// Create makes a credential with the secret given, or one made here, which it returns. Its roles must be the user's in
// the project; with none named they are all of them.
func (m *Manager) Create(ctx context.Context, a keystone.ApplicationCredential, secret string) (keystone.ApplicationCredential, string, error) {
	if a.ExpiresAt != nil && !a.ExpiresAt.After(m.Now()) {
		return a, "", keystone.Expired()
	}
	if err := m.roles(ctx, &a); err != nil {
		return a, "", err
	}
	if secret == "" {
		secret = newSecret()
	}
	hash, err := m.Passwords.Hash(ctx, secret)
	if err != nil {
		return a, "", err
	}
	a.ID = keystone.NewID()
	err = m.DB.Tx(ctx, func(tx *db.Tx) error {
		if err := m.admit(ctx, tx, a.UserID); err != nil {
			return err
		}
		if err := rules(ctx, tx, &a); err != nil {
			return err
		}
		if err := tx.InsertApplicationCredential(ctx, a, hash); err != nil {
			return err
		}
		return tx.Record(ctx, "identity.application_credential.created", a)
	})
	if err != nil {
		return a, "", fmt.Errorf("create application credential %q: %w", a.Name, err)
	}
	return a, secret, nil
}

// Delete deletes a user's credential.
func (m *Manager) Delete(ctx context.Context, id string) error {
	err := m.DB.Tx(ctx, func(tx *db.Tx) error {
		a, _, err := tx.ApplicationCredential(ctx, id)
		if err != nil {
			return err
		}
		if err := tx.DeleteApplicationCredential(ctx, id); err != nil {
			return err
		}
		return tx.Record(ctx, "identity.application_credential.deleted", a)
	})
	if err != nil {
		return fmt.Errorf("delete application credential %q: %w", id, err)
	}
	return nil
}

// roles fills or checks the credential's roles against what the user has now. As keystone/application_credential/core.py.
func (m *Manager) roles(ctx context.Context, a *keystone.ApplicationCredential) error {
	have, err := m.Assignment.RolesOf(ctx, a.UserID, keystone.Scope{Kind: keystone.OnProject, ID: a.ProjectID})
	if err != nil {
		return err
	}
	var ids []string
	for _, r := range have {
		ids = append(ids, r.ID)
	}
	if len(a.Roles) == 0 {
		a.Roles = ids
	}
	for _, id := range a.Roles {
		if !slices.Contains(ids, id) {
			return fault.New(fault.Invalid, "ApplicationCredentialValidationError",
				"Invalid application credential: Could not find role assignment with role: %s, user or group: %s, project, domain, or "+
					"system: %s.", id, a.UserID, a.ProjectID)
		}
	}
	return nil
}

// admit refuses one credential too many.
func (m *Manager) admit(ctx context.Context, tx *db.Tx, userID string) error {
	limit := m.Config.ApplicationCredentialLimit
	if limit < 0 {
		return nil
	}
	have, err := tx.ApplicationCredentials(ctx, keystone.Query{}.And("user_id", userID))
	if err == nil && len(have) >= limit {
		return fault.New(fault.Forbidden, "ApplicationCredentialLimitExceeded",
			"Unable to create additional application credentials, maximum of %d already exceeded for user.", limit)
	}
	return err
}

// rules gives the credential's access rules their ids: the user's own where there is the same already.
func rules(ctx context.Context, tx *db.Tx, a *keystone.ApplicationCredential) error {
	known, err := tx.AccessRules(ctx, a.UserID)
	if err != nil {
		return err
	}
	a.AccessRules = slices.Clone(a.AccessRules) // the transaction may run again
	for i, rule := range a.AccessRules {
		at := slices.IndexFunc(known, func(k keystone.AccessRule) bool {
			return k.ID == rule.ID || rule.ID == "" && k.Service == rule.Service && k.Method == rule.Method && k.Path == rule.Path
		})
		if at >= 0 {
			a.AccessRules[i] = known[at]
			continue
		}
		if rule.ID != "" && rule.Path == "" {
			return keystone.NotFound("Access Rule", rule.ID)
		}
		rule.ID = keystone.NewID()
		if err := tx.InsertAccessRule(ctx, a.UserID, rule); err != nil {
			return err
		}
		a.AccessRules[i], known = rule, append(known, rule)
	}
	return nil
}

// AccessRule is one of a user's access rules.
func (m *Manager) AccessRule(ctx context.Context, userID, id string) (keystone.AccessRule, error) {
	all, err := m.DB.AccessRules(ctx, userID)
	for _, rule := range all {
		if rule.ID == id {
			return rule, nil
		}
	}
	if err == nil {
		err = keystone.NotFound("Access Rule", id)
	}
	return keystone.AccessRule{}, err
}

// DeleteAccessRule deletes a rule that no credential has.
func (m *Manager) DeleteAccessRule(ctx context.Context, userID, id string) error {
	if _, err := m.AccessRule(ctx, userID, id); err != nil {
		return err
	}
	return m.DB.Tx(ctx, func(tx *db.Tx) error {
		have, err := tx.ApplicationCredentials(ctx, keystone.Query{}.And("user_id", userID))
		if err != nil {
			return err
		}
		for _, a := range have {
			if slices.ContainsFunc(a.AccessRules, func(r keystone.AccessRule) bool { return r.ID == id }) {
				return keystone.Forbidden("Access rule %s is in use by an application credential and cannot be deleted.", id)
			}
		}
		return tx.DeleteAccessRule(ctx, userID, id)
	})
}

// newSecret makes a secret of 64 random bytes, as keystone/api/users.py does.
func newSecret() string {
	b := make([]byte, 64)
	rand.Read(b) // never fails
	return base64.RawURLEncoding.EncodeToString(b)
}
