package bootstrap

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"cumulet/keystone"
)

// Proofs remembers in a file, from start to start, that an account's password is the one it shall have: a check by bcrypt
// costs a quarter of a second, and a cloud has half a dozen accounts. A proof is a MAC of the password's stored hash by the
// password itself, so it ends with a change of either. A nil one remembers nothing.
type Proofs struct {
	file  string
	known map[string]string // by user
}

// ReadProofs reads them from a file, which need not be there; a damaged one proves nothing.
func ReadProofs(file string) (*Proofs, error) {
	p := &Proofs{file: file}
	b, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err != nil || json.Unmarshal(b, &p.known) != nil || p.known == nil {
		p.known = map[string]string{}
	}
	return p, nil
}

// holds tells whether it was proven that hash is password's.
func (p *Proofs) holds(userID, password, hash string) bool {
	return p != nil && hmac.Equal([]byte(p.known[userID]), []byte(proof(password, hash)))
}

// add keeps that hash is password's. The file is replaced whole; when the machine dies with it unwritten, the next start hashes.
func (p *Proofs) add(userID, password, hash string) error {
	if p == nil || hash == "" {
		return nil
	}
	p.known[userID] = proof(password, hash)
	b, err := json.Marshal(p.known)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(p.file), filepath.Base(p.file)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(b)
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), p.file)
}

func proof(password, hash string) string {
	mac := hmac.New(sha256.New, []byte(password))
	mac.Write([]byte(hash))
	return hex.EncodeToString(mac.Sum(nil))
}

// storedHash is the hash of a user's present password; "" where another directory keeps it.
func (b *Bootstrap) storedHash(ctx context.Context, u keystone.User) (string, error) {
	known, err := b.Identity.DB.Passwords(ctx, u.ID)
	if err != nil || len(known) == 0 {
		return "", err
	}
	return known[len(known)-1].Hash, nil
}
