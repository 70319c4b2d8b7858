package oauth

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"time"

	"cumulet/keystone"
	"cumulet/keystone/db"
	"cumulet/oslo/fault"
)

// refused makes of what is not there the answer to what is not signed right: consumers and tokens are not to be guessed.
func refused(err error) error {
	if fault.Is(err, fault.NotFound) {
		return keystone.Unauthorized(err)
	}
	return err
}

// Ask makes the request token of a consumer that asks to act in a project.
func (m *Manager) Ask(ctx context.Context, r Request, projectID string) (keystone.RequestToken, error) {
	if _, err := m.Project(ctx, projectID); err != nil {
		return keystone.RequestToken{}, err
	}
	secret, err := m.ConsumerSecret(ctx, r.Param("oauth_consumer_key"))
	if err != nil {
		return keystone.RequestToken{}, err
	}
	now := m.Now()
	if err := r.Check(secret, "", now); err != nil {
		return keystone.RequestToken{}, err
	}
	t := keystone.RequestToken{
		ID: keystone.NewID(), Secret: keystone.NewID(), ConsumerID: r.Param("oauth_consumer_key"), ProjectID: projectID,
		ExpiresAt: end(now, m.Config.RequestTokenDuration),
	}
	return t, keystone.Named("ask by consumer", t.ConsumerID, m.Tx(ctx, func(tx *db.Tx) error {
		if err := tx.InsertRequestToken(ctx, t, now); err != nil {
			return err
		}
		return tx.Record(ctx, "identity.OS-OAUTH1:request_token.created", t)
	}))
}

// end is when what lasts so long ends; nil where it does not.
func end(now time.Time, lasts time.Duration) *time.Time {
	if lasts <= 0 {
		return nil
	}
	at := now.Add(lasts).UTC().Truncate(time.Microsecond)
	return &at
}

func ended(at *time.Time, now time.Time) bool { return at != nil && now.After(*at) }

// Authorize answers a request token for a user, with roles that the user has in its project, and gives the verifier to tell the consumer.
func (m *Manager) Authorize(ctx context.Context, id, userID string, roles []string) (verifier string, err error) {
	t, err := m.RequestToken(ctx, id)
	if err != nil {
		return "", err
	}
	if ended(t.ExpiresAt, m.Now()) {
		return "", keystone.Unauthorized(errors.New("the request token has expired"))
	}
	have, err := m.Assignment.RolesOf(ctx, userID, keystone.Scope{Kind: keystone.OnProject, ID: t.ProjectID})
	if err != nil {
		return "", err
	}
	for _, role := range roles {
		if !slices.ContainsFunc(have, func(r keystone.Role) bool { return r.ID == role }) {
			return "", keystone.Unauthorized(errors.New("the user lacks a role"))
		}
	}
	verifier = newVerifier()
	return verifier, keystone.Named("authorize request token", id, m.Tx(ctx, func(tx *db.Tx) error {
		t, err := tx.RequestToken(ctx, id)
		if err != nil {
			return err
		}
		t.UserID, t.Roles, t.Verifier = userID, roles, verifier
		return tx.UpdateRequestToken(ctx, t)
	}))
}

// newVerifier is eight letters and digits; as keystone/oauth1/backends/base.py, VERIFIER_CHARS.
func newVerifier() string {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	b := make([]byte, 8)
	rand.Read(b) // never fails
	for i := range b {
		b[i] = letters[int(b[i])%len(letters)]
	}
	return string(b)
}

// Grant makes of an answered request token an access token, once.
func (m *Manager) Grant(ctx context.Context, r Request) (keystone.AccessToken, error) {
	asked, err := m.RequestToken(ctx, r.Param("oauth_token"))
	if err != nil {
		return keystone.AccessToken{}, err
	}
	secret, err := m.ConsumerSecret(ctx, r.Param("oauth_consumer_key"))
	if err != nil {
		return keystone.AccessToken{}, refused(err)
	}
	now := m.Now()
	switch {
	case ended(asked.ExpiresAt, now):
		return keystone.AccessToken{}, keystone.Unauthorized(errors.New("the request token has expired"))
	case asked.ConsumerID != r.Param("oauth_consumer_key"):
		return keystone.AccessToken{}, keystone.Unauthorized(errors.New("the request token is another consumer's"))
	case asked.UserID == "" || asked.Verifier != r.Param("oauth_verifier"):
		return keystone.AccessToken{}, keystone.Unauthorized(errors.New("nobody has authorized the request token, or the verifier is another"))
	}
	if err := r.Check(secret, asked.Secret, now); err != nil {
		return keystone.AccessToken{}, err
	}
	t := keystone.AccessToken{
		ID: keystone.NewID(), Secret: keystone.NewID(), ConsumerID: asked.ConsumerID, UserID: asked.UserID, ProjectID: asked.ProjectID,
		Roles: asked.Roles, ExpiresAt: end(now, m.Config.AccessTokenDuration),
	}
	return t, keystone.Named("grant request token", asked.ID, m.Tx(ctx, func(tx *db.Tx) error {
		there, err := tx.DeleteRequestToken(ctx, asked.ID)
		if err == nil && !there { // used meanwhile
			err = keystone.Unauthorized(keystone.RequestTokenNotFound())
		}
		if err != nil {
			return err
		}
		if err := tx.InsertAccessToken(ctx, t); err != nil {
			return err
		}
		return tx.Record(ctx, "identity.OS-OAUTH1:access_token.created", t)
	}))
}

// Prove gives the access token that a request is signed with.
func (m *Manager) Prove(ctx context.Context, r Request) (keystone.AccessToken, error) {
	t, err := m.AccessToken(ctx, r.Param("oauth_token"))
	if err != nil {
		return t, refused(err)
	}
	now := m.Now()
	if ended(t.ExpiresAt, now) || t.ConsumerID != r.Param("oauth_consumer_key") {
		return t, keystone.Unauthorized(errors.New("the access token has expired, or is another consumer's"))
	}
	secret, err := m.ConsumerSecret(ctx, t.ConsumerID)
	if err != nil {
		return t, refused(err)
	}
	return t, r.Check(secret, t.Secret, now)
}

// Revoke ends an access token, and the tokens that were got by it.
func (m *Manager) Revoke(ctx context.Context, t keystone.AccessToken) error {
	return keystone.Named("revoke access token", t.ID, m.Tx(ctx, func(tx *db.Tx) error {
		if err := tx.DeleteAccessToken(ctx, t.ID); err != nil {
			return err
		}
		return tx.Record(ctx, "identity.OS-OAUTH1:access_token.deleted", t)
	}))
}
