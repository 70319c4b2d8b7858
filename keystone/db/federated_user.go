package db

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"cumulet/keystone"
	"cumulet/oslo/db"
)

type federatedUserRow struct {
	bun.BaseModel `bun:"table:federated_user,alias:t"`
	keystone.FederatedUser
}

type expiringMembershipRow struct {
	bun.BaseModel `bun:"table:expiring_membership,alias:t"`
	keystone.ExpiringMembership
}

// FederatedUser is who is called so by an identity provider; none is the zero value.
func (r rows) FederatedUser(ctx context.Context, providerID, protocolID, uniqueID string) (keystone.FederatedUser, error) {
	var u federatedUserRow
	err := r.IDB.NewSelect().Model(&u).
		Where("identity_provider_id = ? AND protocol_id = ? AND unique_id = ?", providerID, protocolID, uniqueID).Scan(ctx)
	if db.NoRows(err) {
		return keystone.FederatedUser{}, nil
	}
	return u.FederatedUser, err
}

// FederatedUsers are what users are called by identity providers.
func (r rows) FederatedUsers(ctx context.Context, userIDs ...string) ([]keystone.FederatedUser, error) {
	var found []federatedUserRow
	err := r.IDB.NewSelect().Model(&found).Where("user_id IN (?)", bun.In(userIDs)).
		OrderExpr("identity_provider_id, protocol_id, unique_id").Scan(ctx)
	users := make([]keystone.FederatedUser, len(found))
	for i, row := range found {
		users[i] = row.FederatedUser
	}
	return users, err
}

// PutFederatedUser writes what a user is called, in the place of what that name meant before.
func (t *Tx) PutFederatedUser(ctx context.Context, u keystone.FederatedUser) error {
	_, err := t.remove(ctx, (*federatedUserRow)(nil), "identity_provider_id = ? AND protocol_id = ? AND unique_id = ?",
		u.IdentityProviderID, u.ProtocolID, u.UniqueID)
	if err != nil {
		return err
	}
	return t.insert(ctx, &federatedUserRow{FederatedUser: u}, keystone.Conflict("federated_user", "Duplicate entry"))
}

// DeleteFederatedUsers deletes what identity providers call a user.
func (t *Tx) DeleteFederatedUsers(ctx context.Context, userID string) error {
	_, err := t.remove(ctx, (*federatedUserRow)(nil), "user_id = ?", userID)
	return err
}

// PutExpiringMembership writes that a user is in a group as of now.
func (t *Tx) PutExpiringMembership(ctx context.Context, m keystone.ExpiringMembership) error {
	_, err := t.remove(ctx, (*expiringMembershipRow)(nil), "user_id = ? AND group_id = ? AND identity_provider_id = ?",
		m.UserID, m.GroupID, m.IdentityProviderID)
	if err != nil {
		return err
	}
	return t.insert(ctx, &expiringMembershipRow{ExpiringMembership: m}, nil)
}

// ExpiringMembership is a membership with how long after it was last told it holds, in minutes; nil where the configuration says.
type ExpiringMembership struct {
	keystone.ExpiringMembership
	AuthorizationTTL *int
}

// ExpiringMemberships are those of a user.
func (r rows) ExpiringMemberships(ctx context.Context, userID string) ([]ExpiringMembership, error) {
	var found []ExpiringMembership
	err := r.IDB.NewSelect().TableExpr("expiring_membership AS m").
		ColumnExpr("m.user_id, m.group_id, m.identity_provider_id, m.last_verified, p.authorization_ttl").
		Join("JOIN identity_provider AS p ON p.id = m.identity_provider_id").
		Where("m.user_id = ?", userID).OrderExpr("m.group_id").Scan(ctx, &found)
	return found, err
}

// ToldGroups are the groups of a user's expiring memberships, by their ids.
func (r rows) ToldGroups(ctx context.Context, userID string) (map[string]keystone.Group, error) {
	var found []groupRow
	err := r.IDB.NewSelect().Model(&found).
		Where("id IN (SELECT group_id FROM expiring_membership WHERE user_id = ?)", userID).Scan(ctx)
	groups := make(map[string]keystone.Group, len(found))
	for _, row := range found {
		groups[row.ID] = row.Group
	}
	return groups, err
}

// Ends is when the membership ends, where nothing else says how long it holds than otherwise.
func (m ExpiringMembership) Ends(otherwise time.Duration) time.Time {
	if m.AuthorizationTTL != nil {
		otherwise = time.Duration(*m.AuthorizationTTL) * time.Minute
	}
	return m.LastVerified.Add(otherwise)
}
