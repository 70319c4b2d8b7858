package sql

import (
	"context"
	"errors"
	"time"

	"cumulet/keystone"
	"cumulet/keystone/db"
	"cumulet/oslo/fault"
)

// Authenticate tells by its error whether password is the user's. A user without an id fails like a wrong password, as slowly.
func (d *Driver) Authenticate(ctx context.Context, u keystone.User, password string) error {
	var hash string
	if u.ID != "" {
		known, err := d.DB.Passwords(ctx, u.ID)
		if err != nil {
			return err
		}
		if len(known) > 0 {
			hash = known[len(known)-1].Hash
		}
	}
	right, err := d.Passwords.Check(ctx, password, hash)
	switch {
	case err != nil:
		return err
	case u.ID == "":
		return keystone.Unauthorized(errors.New("no such user"))
	case d.locked(u):
		return keystone.Unauthorized(keystone.ErrLocked)
	case !right:
		return errors.Join(keystone.Unauthorized(errors.New("wrong password")), d.count(ctx, u, u.FailedLogins+1))
	case u.FailedLogins > 0:
		return d.count(ctx, u, 0)
	}
	return nil
}

// Expired refuses a password that is right and too old.
func (d *Driver) Expired(u keystone.User) error {
	if u.PasswordExpiresAt == nil || u.PasswordExpiresAt.After(d.Now()) || u.Has(keystone.IgnorePasswordExpiry) {
		return nil
	}
	return fault.New(fault.Unauthorized, "PasswordExpired",
		"The password is expired and needs to be changed for user: %s.", u.ID)
}

// locked tells whether too many wrong passwords were given of late.
func (d *Driver) locked(u keystone.User) bool {
	attempts := d.Config.LockoutFailureAttempts
	if attempts <= 0 || u.FailedLogins < attempts || u.FailedAt == nil || u.Has(keystone.IgnoreLockout) {
		return false
	}
	return d.Now().Before(u.FailedAt.Add(d.Config.LockoutDuration))
}

// count keeps how many wrong passwords were given in a row; once a lock has run out it starts anew.
func (d *Driver) count(ctx context.Context, u keystone.User, failed int) error {
	if d.Config.LockoutFailureAttempts <= 0 {
		return nil
	}
	return d.DB.Tx(ctx, func(tx *db.Tx) error {
		now, err := tx.User(ctx, u.ID)
		if err != nil {
			return err
		}
		at := d.Now()
		switch expired := now.FailedAt != nil && !at.Before(now.FailedAt.Add(d.Config.LockoutDuration)); {
		case failed == 0:
			now.FailedLogins, now.FailedAt = 0, nil
		case expired && now.FailedLogins >= d.Config.LockoutFailureAttempts:
			now.FailedLogins, now.FailedAt = 1, &at
		default: // counted on what the row says: several guesses may be under way
			now.FailedLogins, now.FailedAt = now.FailedLogins+1, &at
		}
		return tx.UpdateUser(ctx, now)
	})
}

// ChangePassword is the user's own change: the original must be right, the new one not be one of the last.
func (d *Driver) ChangePassword(ctx context.Context, u keystone.User, original, password string) error {
	if err := d.Authenticate(ctx, u, original); err != nil {
		return err
	}
	if u.Has(keystone.LockPassword) {
		return keystone.Invalid("You cannot change your password at this time due to password policy disallowing password changes. " +
			"Please contact your administrator to reset your password.")
	}
	if err := d.aged(ctx, u); err != nil {
		return err
	}
	if err := d.unused(ctx, u, password); err != nil {
		return err
	}
	secret, err := d.newPassword(ctx, u, &password, true)
	if err != nil {
		return err
	}
	return keystone.Named("change password of", u.ID, d.DB.Tx(ctx, func(tx *db.Tx) error {
		now, err := tx.User(ctx, u.ID)
		if err != nil {
			return err
		}
		if err := d.replacePassword(ctx, tx, &now, *secret); err != nil {
			return err
		}
		if err := tx.UpdateUser(ctx, now); err != nil {
			return err
		}
		if err := d.revokeUser(ctx, tx, u.ID); err != nil {
			return err
		}
		return tx.Record(ctx, "identity.user.updated", now)
	}))
}

// aged refuses to change a password that the user chose themselves a short while ago. As _validate_minimum_password_age.
func (d *Driver) aged(ctx context.Context, u keystone.User) error {
	days := d.Config.MinimumPasswordAge
	if days <= 0 {
		return nil
	}
	known, err := d.DB.Passwords(ctx, u.ID)
	if err != nil || len(known) == 0 || !known[len(known)-1].SelfService {
		return err
	}
	left := known[len(known)-1].CreatedAt.Add(time.Duration(days) * day).Sub(d.Now())
	if left <= 0 {
		return nil
	}
	return keystone.Invalid("You cannot change your password at this time due to the minimum password age. Once you change your password, "+
		"it must be used for %d day(s) before it can be changed. Please try again in %d day(s) or contact your administrator to reset your "+
		"password.", days, int(left/day))
}

const day = 24 * time.Hour

// unused refuses a password that is one of the last, the present one included. As _validate_password_history.
func (d *Driver) unused(ctx context.Context, u keystone.User, password string) error {
	count := d.Config.UniqueLastPasswordCount
	if count <= 0 {
		return nil
	}
	known, err := d.DB.Passwords(ctx, u.ID)
	if err != nil {
		return err
	}
	for _, old := range known[max(0, len(known)-count):] {
		same, err := d.Passwords.Check(ctx, password, old.Hash)
		if err != nil {
			return err
		}
		if same {
			return keystone.Invalid("The new password cannot be identical to a previous password. The total number which includes "+
				"the new password must be unique is %d.", count)
		}
	}
	return nil
}

// newPassword hashes a password, outside any transaction; nil stays nil.
func (d *Driver) newPassword(ctx context.Context, u keystone.User, password *string, selfService bool) (*keystone.Password, error) {
	if password == nil {
		return nil, nil
	}
	hash, err := d.Passwords.Hash(ctx, *password)
	if err != nil {
		return nil, err
	}
	p := &keystone.Password{UserID: u.ID, Hash: hash, CreatedAt: d.Now(), SelfService: selfService}
	if days := d.Config.PasswordExpiresDays; days > 0 && !u.Has(keystone.IgnorePasswordExpiry) {
		end := p.CreatedAt.Add(time.Duration(days) * day)
		p.ExpiresAt = &end
	}
	if d.Config.ChangeUponFirstUse && !selfService && !u.Has(keystone.IgnoreFirstUse) {
		p.ExpiresAt = &p.CreatedAt
	}
	return p, nil
}

// replacePassword makes p the user's password and forgets wrong guesses.
func (d *Driver) replacePassword(ctx context.Context, tx *db.Tx, u *keystone.User, p keystone.Password) error {
	u.PasswordExpiresAt, u.FailedLogins, u.FailedAt = p.ExpiresAt, 0, nil
	return tx.InsertPassword(ctx, p, d.Config.UniqueLastPasswordCount)
}
