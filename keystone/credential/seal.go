package credential

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"cumulet/keystone"
	"cumulet/keystone/db"
	"cumulet/keystone/fernet"
)

// MaxActiveKeys is how many keys the repository keeps: the staged, the primary and one old, which is enough because rotations wait
// for what the old one sealed.
const MaxActiveKeys = 3

// ErrUnmigrated refuses a rotation while credentials are sealed by an older key than the primary: one more could drop theirs.
var ErrUnmigrated = errors.New("some credentials are sealed by an older key: migrate them first")

// seal makes the row of a credential.
func (m *Manager) seal(c keystone.Credential) (db.SealedCredential, error) {
	keys, err := m.Keys.Active()
	if err != nil {
		return db.SealedCredential{}, err
	}
	return sealedBy(keys[0], c, m), nil
}

func sealedBy(key fernet.Key, c keystone.Credential, m *Manager) db.SealedCredential {
	return db.SealedCredential{Credential: c, Sealed: fernet.Seal(key, []byte(c.Blob), m.Now()), SealKey: mark(key)}
}

// open reads the row of a credential.
func (m *Manager) open(s db.SealedCredential) (keystone.Credential, error) {
	keys, err := m.Keys.Active()
	if err != nil {
		return s.Credential, err
	}
	blob, _, err := fernet.Unseal(keys, s.Sealed)
	if err != nil {
		return s.Credential, fmt.Errorf("credential %q cannot be read: the key that sealed it is gone from %s", s.ID, m.Keys.Folder)
	}
	s.Credential.Blob = string(blob)
	return s.Credential, nil
}

// mark tells keys apart without telling them.
func mark(key fernet.Key) string {
	sum := sha256.Sum256(append([]byte("credential "), key[:]...))
	return hex.EncodeToString(sum[:16])
}

// Rotate makes the staged key the one that seals. What the old one sealed is to be migrated before the next rotation.
func (m *Manager) Rotate(ctx context.Context) error {
	keys, err := m.Keys.Active()
	if err != nil {
		return err
	}
	old, err := m.DB.CredentialsNotSealedBy(ctx, mark(keys[0]), 1)
	if err != nil {
		return err
	}
	if len(old) > 0 {
		return ErrUnmigrated
	}
	return m.Keys.Rotate()
}

// batch is how many credentials one transaction migrates.
const batch = 100

// Migrate seals all credentials by the primary key and tells how many that were. Cut off, it goes on where it ended.
func (m *Manager) Migrate(ctx context.Context) (migrated int, err error) {
	keys, err := m.Keys.Active()
	if err != nil {
		return 0, err
	}
	for {
		var done int
		err := m.DB.Tx(ctx, func(tx *db.Tx) error {
			old, err := tx.CredentialsNotSealedBy(ctx, mark(keys[0]), batch)
			if err != nil {
				return err
			}
			done = len(old)
			for _, s := range old {
				c, err := m.open(s)
				if err != nil {
					return err
				}
				if err := tx.UpdateCredential(ctx, sealedBy(keys[0], c, m)); err != nil {
					return err
				}
			}
			return nil
		})
		if migrated += done; err != nil || done < batch {
			return migrated, err
		}
	}
}
