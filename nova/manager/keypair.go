package manager

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"strings"

	"golang.org/x/crypto/ssh"

	"cumulet/nova"
	novadb "cumulet/nova/db"
	"cumulet/oslo/db"
	"cumulet/oslo/fault"
	"cumulet/oslo/limit"
	"cumulet/oslo/policy"
)

// CreateKeypair imports k.PublicKey, or makes a pair when it is "" (the answer alone holds the private key). The owner is
// k.UserID, else the caller.
func (m *Manager) CreateKeypair(ctx context.Context, who policy.Who, k nova.Keypair) (nova.Keypair, error) {
	if k.UserID == "" {
		k.UserID = who.UserID
	}
	if k.Type == "" {
		k.Type = "ssh"
	}
	if err := checkKeypair(k); err != nil {
		return nova.Keypair{}, err
	}
	if k.PublicKey == "" {
		if err := generate(&k); err != nil {
			return nova.Keypair{}, err
		}
	}
	key, err := parseKey(k.PublicKey)
	if err != nil {
		return nova.Keypair{}, err
	}
	k.Fingerprint, k.CreatedAt = ssh.FingerprintLegacyMD5(key), m.now()
	err = m.DB.Tx(ctx, func(tx *novadb.Tx) error {
		limits, err := m.limits(ctx, tx, who.ProjectID, k.UserID)
		if err != nil {
			return err
		}
		used, err := tx.CountKeypairs(ctx, k.UserID)
		if err != nil {
			return err
		}
		if len(limit.Check(limit.Request{Limit: limits["key_pairs"], Used: used, Delta: 1})) > 0 {
			return overQuota("KeypairLimitExceeded", "Quota exceeded, too many key pairs.")
		}
		if err := tx.InsertKeypair(ctx, &k); err != nil {
			if db.Duplicate(err) {
				return fault.New(fault.Conflict, "KeyPairExists", "Key pair '%s' already exists.", k.Name)
			}
			return err
		}
		if k.PrivateKey == "" {
			return tx.Record(ctx, "keypair.import.end", k)
		}
		return tx.Record(ctx, "keypair.create.end", k)
	})
	return k, doing(err, "create key pair %q", k.Name)
}

// checkKeypair refuses names that upstream refuses, and types that are not built.
func checkKeypair(k nova.Keypair) error {
	name := strings.TrimSpace(k.Name)
	if name == "" || len(k.Name) > 255 { // as nova/compute/api.py, KeypairAPI._validate_new_key_pair
		return invalid("InvalidKeypair", "Keypair data is invalid: Keypair name must be string and between 1 and 255 characters long")
	}
	if k.Type != "ssh" {
		return invalid("InvalidKeypair", "Keypair data is invalid: Keypairs of type %s are not available", k.Type)
	}
	return nil
}

// generate makes an RSA pair, its private key in PKCS #1; as nova/crypto.py, generate_key_pair.
func generate(k *nova.Keypair) error {
	const bits = 2048
	private, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		return doing(err, "generate a key")
	}
	key, err := ssh.NewPublicKey(private.Public())
	if err != nil {
		return doing(err, "encode a key")
	}
	block := pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(private)}
	k.PrivateKey = string(pem.EncodeToMemory(&block))
	k.PublicKey = strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key))) + " Generated-by-Nova"
	return nil
}

// parseKey reads a public key; as nova/crypto.py, generate_fingerprint.
func parseKey(text string) (ssh.PublicKey, error) {
	key, _, options, rest, err := ssh.ParseAuthorizedKey([]byte(text))
	if err != nil || len(options) > 0 || len(strings.TrimSpace(string(rest))) > 0 {
		return nil, invalid("InvalidKeypair", "Keypair data is invalid: failed to generate fingerprint")
	}
	return key, nil
}

func noKeypair(userID, name string) *fault.Fault {
	return fault.New(fault.NotFound, "KeypairNotFound", "Keypair %s not found for user %s", name, userID)
}

// Keypair shows a user's key pair.
func (m *Manager) Keypair(ctx context.Context, userID, name string) (nova.Keypair, error) {
	k, err := m.DB.Keypair(ctx, userID, name)
	return k, missing(err, noKeypair(userID, name))
}

// Keypairs lists a user's key pairs by name; the marker is a name.
func (m *Manager) Keypairs(ctx context.Context, userID string, p nova.Page) ([]nova.Keypair, error) {
	return m.DB.Keypairs(ctx, userID, p)
}

// DeleteKeypair removes one.
func (m *Manager) DeleteKeypair(ctx context.Context, userID, name string) error {
	err := m.DB.Tx(ctx, func(tx *novadb.Tx) error {
		found, err := tx.DeleteKeypair(ctx, userID, name)
		if err != nil {
			return err
		}
		if !found {
			return noKeypair(userID, name)
		}
		return tx.Record(ctx, "keypair.delete.end", nova.Keypair{UserID: userID, Name: name})
	})
	return doing(err, "delete key pair %q", name)
}
