package rest

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
)

// Kept answers may hold what only the caller shall read, as a server's first password. They are sealed with the caller's
// Idempotency-Key, of which the database has a digest only: whoever reads the database but does not know the key reads
// nothing. That is worth as much as the key is hard to guess; answers that are secrets as such (tokens) are not kept at all.

// seal encrypts an answer under a key, for the request of that id.
func seal(p past, key, id string) []byte {
	plain, err := json.Marshal(p)
	if err != nil { // numbers, texts and bytes are always JSON
		panic(err)
	}
	box := sealer(key, id)
	nonce := make([]byte, box.NonceSize())
	rand.Read(nonce) //nolint:errcheck // it never fails
	return box.Seal(nonce, nonce, plain, []byte(id))
}

// unseal is seal's inverse.
func unseal(sealed []byte, key, id string) (p past, err error) {
	box := sealer(key, id)
	n := box.NonceSize()
	if len(sealed) < n {
		return p, errors.New("a kept answer is too short")
	}
	plain, err := box.Open(nil, sealed[:n], sealed[n:], []byte(id))
	if err != nil {
		return p, fmt.Errorf("open a kept answer: %w", err)
	}
	return p, json.Unmarshal(plain, &p)
}

func sealer(key, id string) cipher.AEAD {
	secret, err := hkdf.Key(sha256.New, []byte(key), []byte(id), "cumulet kept answer", 32)
	if err != nil { // only for lengths that cannot be
		panic(err)
	}
	block, err := aes.NewCipher(secret)
	if err != nil {
		panic(err)
	}
	box, err := cipher.NewGCM(block)
	if err != nil {
		panic(err)
	}
	return box
}
