package db

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"cumulet/keystone"
	"cumulet/oslo/db"
)

type requestTokenRow struct {
	bun.BaseModel `bun:"table:request_token,alias:t"`
	keystone.RequestToken
}

type accessTokenRow struct {
	bun.BaseModel `bun:"table:access_token,alias:t"`
	keystone.AccessToken
}

// ConsumerSecret is what a consumer signs with.
func (r rows) ConsumerSecret(ctx context.Context, id string) (secret string, err error) {
	err = r.IDB.NewSelect().Model((*consumerRow)(nil)).Column("secret").Where("id = ?", id).Scan(ctx, &secret)
	if db.NoRows(err) {
		err = keystone.ConsumerNotFound()
	}
	return secret, err
}

// RequestToken is the request token of an id.
func (r rows) RequestToken(ctx context.Context, id string) (keystone.RequestToken, error) {
	var found requestTokenRow
	err := r.IDB.NewSelect().Model(&found).Where("id = ?", id).Scan(ctx)
	if db.NoRows(err) {
		err = keystone.RequestTokenNotFound()
	}
	return found.RequestToken, err
}

// InsertRequestToken writes a new request token, and sweeps out those that have ended.
func (t *Tx) InsertRequestToken(ctx context.Context, token keystone.RequestToken, now time.Time) error {
	if _, err := t.remove(ctx, (*requestTokenRow)(nil), "expires_at <= ?", now); err != nil {
		return err
	}
	return t.insert(ctx, &requestTokenRow{RequestToken: token}, keystone.Conflict("request_token", "Duplicate entry"))
}

// UpdateRequestToken writes a request token.
func (t *Tx) UpdateRequestToken(ctx context.Context, token keystone.RequestToken) error {
	return t.update(ctx, token.ID, &requestTokenRow{RequestToken: token}, nil)
}

// DeleteRequestToken deletes a request token, and tells whether it was there.
func (t *Tx) DeleteRequestToken(ctx context.Context, id string) (bool, error) {
	n, err := t.remove(ctx, (*requestTokenRow)(nil), "id = ?", id)
	return n > 0, err
}

// AccessToken is the access token of an id.
func (r rows) AccessToken(ctx context.Context, id string) (keystone.AccessToken, error) {
	var found accessTokenRow
	err := r.IDB.NewSelect().Model(&found).Where("id = ?", id).Scan(ctx)
	if db.NoRows(err) {
		err = keystone.AccessTokenNotFound()
	}
	return found.AccessToken, err
}

// AccessTokens lists access tokens by user_id.
func (r rows) AccessTokens(ctx context.Context, q keystone.Query) ([]keystone.AccessToken, error) {
	var found []accessTokenRow
	err := r.list(ctx, &found, q, "id", "user_id")
	tokens := make([]keystone.AccessToken, len(found))
	for i, row := range found {
		tokens[i] = row.AccessToken
	}
	return tokens, err
}

// InsertAccessToken writes a new access token.
func (t *Tx) InsertAccessToken(ctx context.Context, token keystone.AccessToken) error {
	return t.insert(ctx, &accessTokenRow{AccessToken: token}, keystone.Conflict("access_token", "Duplicate entry"))
}

// DeleteAccessToken deletes an access token.
func (t *Tx) DeleteAccessToken(ctx context.Context, id string) error {
	_, err := t.remove(ctx, (*accessTokenRow)(nil), "id = ?", id)
	return err
}
