package db

import (
	"context"

	"github.com/uptrace/bun"

	"cumulet/keystone"
)

// SealedCredential is a credential as kept: its blob sealed, and by which key.
type SealedCredential struct {
	bun.BaseModel `bun:"table:credential,alias:t"`
	keystone.Credential
	Sealed  string
	SealKey string
}

// Credential is the credential of an id.
func (r rows) Credential(ctx context.Context, id string) (SealedCredential, error) {
	var c SealedCredential
	return c, r.find(ctx, &c, "credential", id, "id = ?", id)
}

// Credentials lists credentials by user_id, project_id and type.
func (r rows) Credentials(ctx context.Context, q keystone.Query) ([]SealedCredential, error) {
	var found []SealedCredential
	return found, r.list(ctx, &found, q, "id", "user_id", "project_id", "type")
}

// CountCredentials tells how many a user has.
func (r rows) CountCredentials(ctx context.Context, userID string) (int64, error) {
	return r.IDB.NewSelect().Model((*SealedCredential)(nil)).Where("user_id = ?", userID).Count(ctx)
}

// CredentialsNotSealedBy gives some of the credentials that another key sealed; none when there are none.
func (r rows) CredentialsNotSealedBy(ctx context.Context, key string, some int) ([]SealedCredential, error) {
	var found []SealedCredential
	return found, r.IDB.NewSelect().Model(&found).Where("seal_key <> ?", key).OrderExpr("id").Limit(int64(some)).Scan(ctx)
}

// InsertCredential writes a new credential.
func (t *Tx) InsertCredential(ctx context.Context, c SealedCredential) error {
	return t.insert(ctx, &c, keystone.Conflict("credential", "Duplicate entry found with ID "+c.ID))
}

// UpdateCredential writes a credential.
func (t *Tx) UpdateCredential(ctx context.Context, c SealedCredential) error {
	return t.update(ctx, c.ID, &c, nil)
}

// DeleteCredential deletes a credential.
func (t *Tx) DeleteCredential(ctx context.Context, id string) error {
	_, err := t.remove(ctx, (*SealedCredential)(nil), "id = ?", id)
	return err
}
