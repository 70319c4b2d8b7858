package sql

import (
	"context"
	"slices"
	"time"

	"cumulet/keystone"
	"cumulet/keystone/db"
)

// User is the user of an id.
func (d *Driver) User(ctx context.Context, id string) (keystone.User, error) {
	u, err := d.DB.User(ctx, id)
	if err != nil {
		return u, err
	}
	users, err := d.named(ctx, []keystone.User{d.seen(u)})
	return users[0], err
}

// named are users as they are called: who has no name here, by what an identity provider calls them.
func (d *Driver) named(ctx context.Context, users []keystone.User) ([]keystone.User, error) {
	var ids []string
	at := map[string]int{}
	for i, u := range users {
		if keystone.IsMapped(u.ID) {
			ids, at[u.ID] = append(ids, u.ID), i
		}
	}
	for some := range slices.Chunk(ids, together) {
		called, err := d.DB.FederatedUsers(ctx, some...)
		if err != nil {
			return users, err
		}
		for _, c := range called {
			users[at[c.UserID]].Name = c.DisplayName
		}
	}
	return users, nil
}

// together bounds how many users one question names.
const together = 500

// UserByName is the user of a name in a domain.
func (d *Driver) UserByName(ctx context.Context, domainID, name string) (keystone.User, error) {
	u, err := d.DB.UserByName(ctx, domainID, name)
	return d.seen(u), err
}

// Users lists users.
func (d *Driver) Users(ctx context.Context, q keystone.Query) ([]keystone.User, error) {
	users, err := d.DB.Users(ctx, q)
	if err != nil {
		return nil, err
	}
	return d.named(ctx, d.seenAll(users))
}

// UsersInGroup lists the users of a group.
func (d *Driver) UsersInGroup(ctx context.Context, groupID string) ([]keystone.User, error) {
	users, err := d.DB.UsersInGroup(ctx, groupID)
	if err != nil {
		return nil, err
	}
	return d.named(ctx, d.seenAll(users))
}

func (d *Driver) seenAll(users []keystone.User) []keystone.User {
	for i := range users {
		users[i] = d.seen(users[i])
	}
	return users
}

// seen is a user as others see them: disabled, where they have been inactive for too long. As keystone/identity/backends/sql_model.py,
// User.enabled.
func (d *Driver) seen(u keystone.User) keystone.User {
	days := d.Config.DaysInactive
	if days <= 0 || u.ID == "" || u.Has(keystone.IgnoreInactivity) {
		return u
	}
	last := u.CreatedAt
	if u.ActiveAt != nil {
		last = *u.ActiveAt
	}
	if int(d.today().Sub(last.UTC().Truncate(day))/day) >= days {
		u.Enabled = false
	}
	return u
}

func (d *Driver) today() time.Time { return d.Now().UTC().Truncate(day) }

// Active notes that a user signed in, once a day, where that keeps them enabled.
func (d *Driver) Active(ctx context.Context, u keystone.User) error {
	today := d.today()
	if d.Config.DaysInactive <= 0 || u.ActiveAt != nil && !u.ActiveAt.Before(today) {
		return nil
	}
	return keystone.Named("note the activity of", u.ID, d.DB.Tx(ctx, func(tx *db.Tx) error {
		now, err := tx.User(ctx, u.ID)
		if err != nil {
			return err
		}
		now.ActiveAt = &today
		return tx.UpdateUser(ctx, now)
	}))
}

// CreateUser writes a new user, with a password unless it is nil.
func (d *Driver) CreateUser(ctx context.Context, u keystone.User, password *string) (keystone.User, error) {
	secret, err := d.newPassword(ctx, u, password, false)
	if err != nil {
		return u, err
	}
	u.CreatedAt = d.Now()
	if secret != nil {
		u.PasswordExpiresAt = secret.ExpiresAt
	}
	err = d.DB.Tx(ctx, func(tx *db.Tx) error {
		if err := tx.InsertUser(ctx, u); err != nil {
			return err
		}
		if secret != nil {
			if err := tx.InsertPassword(ctx, *secret, d.Config.UniqueLastPasswordCount); err != nil {
				return err
			}
		}
		return tx.Record(ctx, "identity.user.created", u)
	})
	return u, keystone.Named("create user", u.Name, err)
}

// UpdateUser changes a user. A new password or being disabled ends the user's tokens.
func (d *Driver) UpdateUser(ctx context.Context, id string, change keystone.UserChange) (keystone.User, error) {
	u, err := d.DB.User(ctx, id)
	if err != nil {
		return u, err
	}
	secret, err := d.newPassword(ctx, u, change.Password, false)
	if err != nil {
		return u, err
	}
	err = d.DB.Tx(ctx, func(tx *db.Tx) error {
		if u, err = tx.User(ctx, id); err != nil {
			return err
		}
		was := d.seen(u).Enabled
		change.Apply(&u)
		if change.Enabled != nil && *change.Enabled { // whoever enables a user does so from today, and lets them guess again
			if d.Config.DaysInactive > 0 {
				today := d.today()
				u.ActiveAt = &today
			}
			u.FailedLogins, u.FailedAt = 0, nil
		}
		if secret != nil {
			if err := d.replacePassword(ctx, tx, &u, *secret); err != nil {
				return err
			}
		}
		if err := tx.UpdateUser(ctx, u); err != nil {
			return err
		}
		if secret != nil || was && !u.Enabled {
			if err := d.revokeUser(ctx, tx, id); err != nil {
				return err
			}
		}
		return tx.Record(ctx, "identity.user.updated", u)
	})
	return u, keystone.Named("update user", id, err)
}

// DeleteUser deletes a user with all that is theirs.
func (d *Driver) DeleteUser(ctx context.Context, id string) error {
	return keystone.Named("delete user", id, d.DB.Tx(ctx, func(tx *db.Tx) error {
		u, err := tx.User(ctx, id)
		if err != nil {
			return err
		}
		if err := tx.DeleteUser(ctx, id); err != nil {
			return err
		}
		return tx.Record(ctx, "identity.user.deleted", u)
	}))
}

// revokeUser ends all tokens of a user.
func (d *Driver) revokeUser(ctx context.Context, tx *db.Tx, id string) error {
	now := d.Now()
	return tx.Revoke(ctx, keystone.Revocation{Kind: keystone.RevokedUser, Subject: id, IssuedBefore: now, RevokedAt: now})
}
