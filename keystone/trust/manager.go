// Package trust holds the rules of trusts: what a user hands on to another, and what that one may hand on in turn.
package trust

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"cumulet/keystone"
	"cumulet/keystone/assignment"
	"cumulet/keystone/db"
	"cumulet/keystone/identity"
)

// Manager is the trusts of the cloud.
type Manager struct {
	DB         *db.DB
	Identity   *identity.Manager
	Assignment *assignment.Manager
	Config     keystone.Config
	Now        func() time.Time
}

// Wish is what a trustor asks for beside the trust itself.
type Wish struct {
	AllowRedelegation bool
	RedelegationCount *int
}

// Create makes a trust; by is the trust whose token asks for it, nil where the trustor asks as themselves.
func (m *Manager) Create(ctx context.Context, t keystone.Trust, w Wish, by *keystone.Trust) (keystone.Trust, error) {
	if _, err := m.Identity.User(ctx, t.TrusteeID); err != nil {
		return t, err
	}
	if err := m.held(ctx, t); err != nil {
		return t, err
	}
	if t.ExpiresAt != nil && !t.ExpiresAt.After(m.Now()) {
		return t, keystone.Expired()
	}
	if err := m.count(&t, w, by); err != nil {
		return t, err
	}
	t.ID = keystone.NewID()
	err := m.DB.Tx(ctx, func(tx *db.Tx) error {
		if by != nil {
			t.RedelegatedID = by.ID
			pedigree, err := chain(ctx, tx, by.ID)
			if err != nil {
				return err
			}
			for _, above := range pedigree {
				if err := m.within(above, &t); err != nil {
					return err
				}
			}
		}
		if err := tx.InsertTrust(ctx, t); err != nil {
			return err
		}
		return tx.Record(ctx, "identity.OS-TRUST:trust.created", t)
	})
	if err != nil {
		return t, fmt.Errorf("create trust: %w", err)
	}
	return t, nil
}

// held asks that the trustor has the roles in the project. As keystone/api/trusts.py, _require_trustor_has_role_in_project.
func (m *Manager) held(ctx context.Context, t keystone.Trust) error {
	var have []keystone.Role
	if t.ProjectID != "" {
		if _, err := m.DB.Project(ctx, t.ProjectID); err != nil {
			return err
		}
		var err error
		if have, err = m.Assignment.AllRolesOf(ctx, t.TrustorID, keystone.Scope{Kind: keystone.OnProject, ID: t.ProjectID}); err != nil {
			return err
		}
	}
	for _, id := range t.Roles {
		if !slices.ContainsFunc(have, func(r keystone.Role) bool { return r.ID == id }) {
			return keystone.NotFound("role", id)
		}
	}
	return nil
}

// count sets how often the trust may be handed on. As keystone/trust/core.py, create_trust.
func (m *Manager) count(t *keystone.Trust, w Wish, by *keystone.Trust) error {
	most := m.Config.MaxRedelegationCount
	if !w.AllowRedelegation || w.RedelegationCount != nil && *w.RedelegationCount == 0 {
		t.RedelegationCount = 0
		return nil
	}
	if w.RedelegationCount != nil && *w.RedelegationCount > most {
		return notPermitted("Requested redelegation depth of %d is greater than allowed %d", *w.RedelegationCount, most)
	}
	if t.RemainingUses != nil {
		return keystone.Invalid("remaining_uses must not be set if redelegation is allowed")
	}
	left := most
	if by != nil {
		left = by.RedelegationCount - 1
		if w.RedelegationCount != nil && *w.RedelegationCount != left {
			return notPermitted(`Modifying "redelegation_count" upon redelegation is forbidden. Omitting this parameter is advised.`)
		}
	}
	t.RedelegationCount = left
	if by == nil && w.RedelegationCount != nil {
		t.RedelegationCount = *w.RedelegationCount
	}
	return nil
}

// within holds a trust against one above it, which it hands on: nothing may grow on the way. As _validate_redelegation.
func (m *Manager) within(above keystone.Trust, t *keystone.Trust) error {
	if above.RedelegationCount <= 0 || above.RedelegationCount > m.Config.MaxRedelegationCount {
		return notPermitted("Remaining redelegation depth of %d out of allowed range of [0..%d]", above.RedelegationCount, m.Config.MaxRedelegationCount)
	}
	if t.RemainingUses != nil {
		return notPermitted(`Field "remaining_uses" is set to %d while it must not be set in order to redelegate a trust`, *t.RemainingUses)
	}
	switch {
	case above.ExpiresAt == nil:
	case t.ExpiresAt == nil:
		t.ExpiresAt = above.ExpiresAt
	case above.ExpiresAt.Before(*t.ExpiresAt):
		return notPermitted("Requested expiration time is more than redelegated trust can provide")
	}
	for _, id := range t.Roles {
		if !slices.Contains(above.Roles, id) {
			return notPermitted("Some of requested roles are not in redelegated trust")
		}
	}
	if t.ProjectID != above.ProjectID { // upstream does not ask: roles of a trust count in its own project only
		return notPermitted("Some of requested roles are not in redelegated trust")
	}
	if t.Impersonation && !above.Impersonation {
		return notPermitted("Impersonation is not allowed because redelegated trust does not specify impersonation. Redelegated trust id: %s", above.ID)
	}
	return nil
}

// reader is the database or a transaction on it.
type reader interface {
	Trust(ctx context.Context, id string) (keystone.Trust, error)
}

// chain is a trust and those above it, the first one last.
func chain(ctx context.Context, from reader, id string) ([]keystone.Trust, error) {
	var all []keystone.Trust
	for id != "" {
		t, err := from.Trust(ctx, id)
		if err != nil {
			return nil, err
		}
		all, id = append(all, t), t.RedelegatedID
	}
	return all, nil
}

// Standing is a trust that stands, with the one who first handed on what it gives: it has not ended, nor has any above it, and everybody
// in the chain is still there and enabled. What does not stand is not there.
func (m *Manager) Standing(ctx context.Context, id string) (t keystone.Trust, first string, err error) {
	all, err := chain(ctx, m.DB, id)
	if err != nil {
		return t, "", err
	}
	for i, above := range all {
		if !above.Lasts(m.Now()) {
			return t, "", keystone.NotFound("trust", id)
		}
		if i == 0 {
			continue
		}
		child := all[i-1]
		if err := m.within(above, &child); err != nil {
			return t, "", err
		}
		u, err := m.Identity.User(ctx, above.TrusteeID)
		if err != nil || !u.Enabled {
			return t, "", notPermitted("One of the trust agents is disabled or deleted")
		}
	}
	return all[0], all[len(all)-1].TrustorID, nil
}

// Trust is the trust of an id, as the API shows it: one that has ended or is used up is not there.
func (m *Manager) Trust(ctx context.Context, id string) (keystone.Trust, error) {
	t, _, err := m.Standing(ctx, id)
	if err == nil && t.Used() {
		err = keystone.NotFound("trust", id)
	}
	return t, err
}

// notPermitted refuses; why stays private, as upstream hides it.
func notPermitted(format string, args ...any) error {
	return keystone.NotPermitted(fmt.Errorf(format, args...))
}

// ErrUsed is why a trust gives no more tokens.
var ErrUsed = errors.New("the trust has no remaining uses")

// Use takes one of a trust's uses.
func (m *Manager) Use(ctx context.Context, t keystone.Trust) error {
	if t.RemainingUses == nil {
		return nil
	}
	return m.DB.Tx(ctx, func(tx *db.Tx) error {
		left, err := tx.UseTrust(ctx, t.ID)
		if err == nil && !left {
			err = keystone.Unauthorized(ErrUsed)
		}
		return err
	})
}

// Delete ends a trust and those that handed it on, with their tokens.
func (m *Manager) Delete(ctx context.Context, id string) error {
	return keystone.Named("delete trust", id, m.DB.Tx(ctx, func(tx *db.Tx) error {
		t, err := tx.Trust(ctx, id)
		if err != nil {
			return err
		}
		for below := []keystone.Trust{t}; len(below) > 0; {
			t, below = below[0], below[1:]
			further, err := tx.Trusts(ctx, keystone.Query{}.And("redelegated_id", t.ID))
			if err != nil {
				return err
			}
			below = append(below, further...)
			if err := tx.DeleteTrust(ctx, t.ID); err != nil {
				return err
			}
			now := m.Now()
			if err := tx.Revoke(ctx, keystone.Revocation{Kind: keystone.RevokedTrust, Subject: t.ID, IssuedBefore: now, RevokedAt: now}); err != nil {
				return err
			}
			if err := tx.Record(ctx, "identity.OS-TRUST:trust.deleted", t); err != nil {
				return err
			}
		}
		return nil
	}))
}

// Flush deletes the trusts that have ended or are used up, and tells how many.
func (m *Manager) Flush(ctx context.Context) (ended int64, err error) {
	err = m.DB.Tx(ctx, func(tx *db.Tx) error {
		ended, err = tx.DeleteEndedTrusts(ctx, m.Now())
		return err
	})
	return ended, err
}
