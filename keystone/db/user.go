package db

import (
	"context"

	"github.com/uptrace/bun"

	"cumulet/keystone"
)

type userRow struct {
	bun.BaseModel `bun:"table:user,alias:t"`
	keystone.User
}

type passwordRow struct {
	bun.BaseModel `bun:"table:password,alias:t"`
	Sequence      int
	keystone.Password
}

// User is the user of an id.
func (r rows) User(ctx context.Context, id string) (keystone.User, error) {
	var u userRow
	err := r.find(ctx, &u, "user", id, "id = ?", id)
	return u.User, err
}

// UserByName is the user of a name in a domain.
func (r rows) UserByName(ctx context.Context, domainID, name string) (keystone.User, error) {
	var u userRow
	err := r.find(ctx, &u, "user", name, "domain_id = ? AND name = ?", domainID, name)
	return u.User, err
}

// callings are attributes by which an identity provider's word finds users, with their columns.
var callings = map[string]string{"idp_id": "identity_provider_id", "protocol_id": "protocol_id", "unique_id": "unique_id", "name": "display_name"}

// Users lists users by name, domain_id, enabled and password_expires_at. Users whom an identity provider calls by a name are found by that
// too; by idp_id, protocol_id and unique_id only those are. As keystone/identity/core.py, _handle_shadow_and_local_users.
func (r rows) Users(ctx context.Context, q keystone.Query) ([]keystone.User, error) {
	var found []userRow
	s := r.IDB.NewSelect().Model(&found)
	called := r.IDB.NewSelect().TableExpr("federated_user").Column("user_id")
	own, byProvider := keystone.Query{Limit: q.Limit}, q.ByProvider()
	for _, c := range q.Where {
		column, ok := callings[c.Attribute]
		if !ok {
			own.Where = append(own.Where, c)
			continue
		}
		there := c
		there.Attribute = column
		called = where(called, there, []string{column})
		if c.Attribute == "name" && !byProvider {
			s = s.WhereGroup(" AND ", func(s *bun.SelectQuery) *bun.SelectQuery {
				return where(s, c, []string{"name"}).WhereOr("id IN (?)", called)
			})
		}
	}
	if byProvider {
		s = s.Where("id IN (?)", called)
	}
	err := narrowed(s, own, "id", "domain_id", "enabled", "password_expires_at").Scan(ctx)
	return usersOf(found), err
}

func usersOf(found []userRow) []keystone.User {
	users := make([]keystone.User, len(found))
	for i, u := range found {
		users[i] = u.User
	}
	return users
}

// InsertUser writes a new user.
func (t *Tx) InsertUser(ctx context.Context, u keystone.User) error {
	return t.insert(ctx, &userRow{User: u}, keystone.NameTaken("user", u.Name, u.DomainID))
}

// UpdateUser writes a user.
func (t *Tx) UpdateUser(ctx context.Context, u keystone.User) error {
	return t.update(ctx, u.ID, &userRow{User: u}, keystone.NameTaken("user", u.Name, u.DomainID))
}

// DeleteUser deletes a user and all that is only theirs.
func (t *Tx) DeleteUser(ctx context.Context, id string) error {
	if err := t.forgetUsers(ctx, bun.In([]string{id})); err != nil {
		return err
	}
	_, err := t.remove(ctx, (*userRow)(nil), "id = ?", id)
	return err
}

// forgetUsers deletes all that is only of users: who is what stands in the brackets of an IN.
func (t *Tx) forgetUsers(ctx context.Context, who any) error {
	for _, owned := range []any{
		(*passwordRow)(nil), (*membershipRow)(nil), (*applicationCredentialRow)(nil), (*accessRuleRow)(nil), (*SealedCredential)(nil),
		(*requestTokenRow)(nil), (*accessTokenRow)(nil), (*federatedUserRow)(nil), (*expiringMembershipRow)(nil),
	} {
		if _, err := t.remove(ctx, owned, "user_id IN (?)", who); err != nil {
			return err
		}
	}
	if _, err := t.remove(ctx, (*trustRow)(nil), "trustor_id IN (?) OR trustee_id IN (?)", who, who); err != nil {
		return err
	}
	_, err := t.remove(ctx, (*assignmentRow)(nil), "actor_kind = ? AND actor_id IN (?)", keystone.ToUser, who)
	return err
}

// Passwords lists a user's passwords, the present one last.
func (r rows) Passwords(ctx context.Context, userID string) ([]keystone.Password, error) {
	var found []passwordRow
	err := r.IDB.NewSelect().Model(&found).Where("user_id = ?", userID).OrderExpr("sequence").Scan(ctx)
	passwords := make([]keystone.Password, len(found))
	for i, p := range found {
		passwords[i] = p.Password
	}
	return passwords, err
}

// InsertPassword makes p the user's present password and keeps the last ones, p included.
func (t *Tx) InsertPassword(ctx context.Context, p keystone.Password, keep int) error {
	var last int
	err := t.rows.IDB.NewSelect().Model((*passwordRow)(nil)).ColumnExpr("COALESCE(MAX(sequence), 0)").
		Where("user_id = ?", p.UserID).Scan(ctx, &last)
	if err != nil {
		return err
	}
	if _, err := t.rows.IDB.NewInsert().Model(&passwordRow{Sequence: last + 1, Password: p}).Exec(ctx); err != nil {
		return err
	}
	_, err = t.remove(ctx, (*passwordRow)(nil), "user_id = ? AND sequence <= ?", p.UserID, last+1-max(keep, 1))
	return err
}
