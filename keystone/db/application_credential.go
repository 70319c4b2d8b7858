package db

import (
	"context"

	"github.com/uptrace/bun"

	"cumulet/keystone"
)

type applicationCredentialRow struct {
	bun.BaseModel `bun:"table:application_credential,alias:t"`
	SecretHash    string
	keystone.ApplicationCredential
}

type accessRuleRow struct {
	bun.BaseModel `bun:"table:access_rule,alias:t"`
	UserID        string
	keystone.AccessRule
}

// ApplicationCredential is the credential of an id, and the hash of its secret.
func (r rows) ApplicationCredential(ctx context.Context, id string) (keystone.ApplicationCredential, string, error) {
	var a applicationCredentialRow
	err := r.find(ctx, &a, "Application Credential", id, "id = ?", id)
	return a.ApplicationCredential, a.SecretHash, err
}

// ApplicationCredentials lists credentials by name, user_id and project_id.
func (r rows) ApplicationCredentials(ctx context.Context, q keystone.Query) ([]keystone.ApplicationCredential, error) {
	var found []applicationCredentialRow
	err := r.list(ctx, &found, q, "id", "name", "user_id", "project_id")
	credentials := make([]keystone.ApplicationCredential, len(found))
	for i, row := range found {
		credentials[i] = row.ApplicationCredential
	}
	return credentials, err
}

// InsertApplicationCredential writes a new credential.
func (t *Tx) InsertApplicationCredential(ctx context.Context, a keystone.ApplicationCredential, secretHash string) error {
	return t.insert(ctx, &applicationCredentialRow{ApplicationCredential: a, SecretHash: secretHash},
		keystone.Conflict("application_credential", "Duplicate entry found with name "+a.Name))
}

// DeleteApplicationCredential deletes a credential.
func (t *Tx) DeleteApplicationCredential(ctx context.Context, id string) error {
	_, err := t.remove(ctx, (*applicationCredentialRow)(nil), "id = ?", id)
	return err
}

// AccessRules lists a user's access rules.
func (r rows) AccessRules(ctx context.Context, userID string) ([]keystone.AccessRule, error) {
	var found []accessRuleRow
	err := r.IDB.NewSelect().Model(&found).Where("user_id = ?", userID).OrderExpr("id").Scan(ctx)
	rules := make([]keystone.AccessRule, len(found))
	for i, row := range found {
		rules[i] = row.AccessRule
	}
	return rules, err
}

// InsertAccessRule writes a user's new access rule.
func (t *Tx) InsertAccessRule(ctx context.Context, userID string, rule keystone.AccessRule) error {
	return t.insert(ctx, &accessRuleRow{UserID: userID, AccessRule: rule}, keystone.Conflict("access_rule", "Duplicate entry"))
}

// DeleteAccessRule deletes a user's access rule.
func (t *Tx) DeleteAccessRule(ctx context.Context, userID, id string) error {
	_, err := t.remove(ctx, (*accessRuleRow)(nil), "user_id = ? AND id = ?", userID, id)
	return err
}
