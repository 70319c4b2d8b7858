package credential

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"

	"cumulet/keystone"
	"cumulet/keystone/db"
	"cumulet/keystone/fernet"
	"cumulet/oslo/fault"
)

// Manager is the credentials of the cloud.
type Manager struct {
	DB     *db.DB
	Keys   *fernet.Keys
	Config keystone.Config
	Now    func() time.Time
}

// Create makes a credential.
func (m *Manager) Create(ctx context.Context, c keystone.Credential) (keystone.Credential, error) {
	c.ID = keystone.NewID()
	if c.Type == keystone.EC2 {
		secret, err := readSecret(c.Blob)
		if err != nil {
			return c, err
		}
		c.ID = IDOfAccess(secret.Access)
	}
	sealed, err := m.seal(c)
	if err != nil {
		return c, err
	}
	return c, keystone.Named("create credential", c.ID, m.DB.Tx(ctx, func(tx *db.Tx) error {
		if err := m.admit(ctx, tx, c.UserID); err != nil {
			return err
		}
		if err := tx.InsertCredential(ctx, sealed); err != nil {
			return err
		}
		return tx.Record(ctx, "identity.credential.created", c)
	}))
}

// admit refuses one credential too many.
func (m *Manager) admit(ctx context.Context, tx *db.Tx, userID string) error {
	if m.Config.CredentialLimit < 0 {
		return nil
	}
	have, err := tx.CountCredentials(ctx, userID)
	if err == nil && have >= int64(m.Config.CredentialLimit) {
		return fault.New(fault.Forbidden, "CredentialLimitExceeded",
			"Unable to create additional credentials, maximum of %d already exceeded for user.", m.Config.CredentialLimit)
	}
	return err
}

// Credential is the credential of an id.
func (m *Manager) Credential(ctx context.Context, id string) (keystone.Credential, error) {
	sealed, err := m.DB.Credential(ctx, id)
	if err != nil {
		return keystone.Credential{}, err
	}
	return m.open(sealed)
}

// Credentials lists credentials by user_id, project_id and type; of those that see lets through, others stay sealed.
func (m *Manager) Credentials(ctx context.Context, q keystone.Query, see func(keystone.Credential) bool) ([]keystone.Credential, error) {
	sealed, err := m.DB.Credentials(ctx, q)
	if err != nil {
		return nil, err
	}
	found := make([]keystone.Credential, 0, len(sealed))
	for _, s := range sealed {
		if !see(s.Credential) {
			continue
		}
		c, err := m.open(s)
		if err != nil {
			return nil, err
		}
		found = append(found, c)
	}
	return found, nil
}

// Update changes a credential; may is asked once more about what it would become. What binds an ec2 credential to a delegation
// cannot be changed. As keystone/api/credentials.py, _validate_blob_update_keys.
func (m *Manager) Update(
	ctx context.Context, id string, change keystone.CredentialChange, may func(keystone.Credential) error,
) (c keystone.Credential, err error) {
	err = m.DB.Tx(ctx, func(tx *db.Tx) error {
		sealed, err := tx.Credential(ctx, id)
		if err != nil {
			return err
		}
		was, err := m.open(sealed)
		if err != nil {
			return err
		}
		c = was
		change.Apply(&c)
		if err := may(c); err != nil {
			return err
		}
		if was.Type == keystone.EC2 || c.Type == keystone.EC2 {
			if err := sameBounds(was, c); err != nil {
				return err
			}
		}
		if sealed, err = m.seal(c); err != nil {
			return err
		}
		if err := tx.UpdateCredential(ctx, sealed); err != nil {
			return err
		}
		return tx.Record(ctx, "identity.credential.updated", c)
	})
	return c, keystone.Named("update credential", id, err)
}

// Delete deletes a credential.
func (m *Manager) Delete(ctx context.Context, id string) error {
	return keystone.Named("delete credential", id, m.DB.Tx(ctx, func(tx *db.Tx) error {
		sealed, err := tx.Credential(ctx, id)
		if err != nil {
			return err
		}
		if err := tx.DeleteCredential(ctx, id); err != nil {
			return err
		}
		return tx.Record(ctx, "identity.credential.deleted", sealed.Credential)
	}))
}

// Secret is the blob of an ec2 credential.
type Secret struct {
	Access, Secret string
	// TrustID, ApplicationCredentialID and AccessTokenID bind what signs to the delegation it was made under; "" where there is none.
	TrustID, ApplicationCredentialID, AccessTokenID string
}

// SecretOf reads an ec2 credential's blob.
func SecretOf(c keystone.Credential) (Secret, error) { return readSecret(c.Blob) }

func readSecret(blob string) (Secret, error) {
	var in map[string]any
	if err := json.Unmarshal([]byte(blob), &in); err != nil {
		return Secret{}, keystone.Invalid("Invalid blob in credential")
	}
	word := func(name string) string {
		s, _ := in[name].(string)
		return s
	}
	s := Secret{word("access"), word("secret"), word("trust_id"), word("app_cred_id"), word("access_token_id")}
	if s.Access == "" {
		return s, keystone.Missing("access", "credential")
	}
	return s, nil
}

// sameBounds refuses to move an ec2 credential out of the delegation it was made under, or into another.
func sameBounds(was, becomes keystone.Credential) error {
	var old Secret
	if was.Type == keystone.EC2 {
		old, _ = readSecret(was.Blob) // an unreadable one had no bounds
	}
	now, err := readSecret(becomes.Blob)
	if err != nil {
		return err
	}
	for _, bound := range []struct{ name, old, now string }{
		{"trust_id", old.TrustID, now.TrustID}, {"app_cred_id", old.ApplicationCredentialID, now.ApplicationCredentialID},
		{"access_token_id", old.AccessTokenID, now.AccessTokenID},
	} {
		if bound.old != bound.now {
			return keystone.Invalid("%s can not be updated for credential", bound.name)
		}
	}
	return nil
}

// IDOfAccess is the id of the ec2 credential with an access key.
func IDOfAccess(access string) string {
	sum := sha256.Sum256([]byte(access))
	return hex.EncodeToString(sum[:])
}
