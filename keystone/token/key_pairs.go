package token

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"cumulet/keystone/fernet"
)

// KeyPairs are the keys that tokens are signed with: the private one, private.pem in its folder, and all public ones, any files in
// theirs, of which one belongs to it. What operators put there is seen at the next use.
type KeyPairs struct {
	Private, Public string // folders

	mu       sync.Mutex
	signing  remembered[*ecdsa.PrivateKey]
	checking remembered[[]*ecdsa.PublicKey]
}

// remembered is what was read in an epoch of its file or folder; the zero value is nothing.
type remembered[T any] struct {
	known bool
	value T
	epoch int64
}

const privateFile = "private.pem"

// Setup makes the folders and a pair of keys, unless there are keys already.
func (k *KeyPairs) Setup() error {
	for _, folder := range []string{k.Private, k.Public} {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return fmt.Errorf("make key repository: %w", err)
		}
	}
	there, err := os.ReadDir(k.Public)
	if err != nil {
		return fmt.Errorf("read key repository: %w", err)
	}
	_, err = os.Stat(filepath.Join(k.Private, privateFile))
	switch {
	case err == nil && len(there) == 0:
		return fmt.Errorf("%s has no public key that belongs to %s", k.Public, filepath.Join(k.Private, privateFile))
	case err == nil:
		return nil
	case !errors.Is(err, fs.ErrNotExist):
		return err
	case len(there) > 0:
		return fmt.Errorf("%s does not exist, and %s has public keys: make a pair with `cumulet keystone create-jws-keypair` and put each key in its place",
			filepath.Join(k.Private, privateFile), k.Public)
	}
	return WriteKeyPair(filepath.Join(k.Private, privateFile), filepath.Join(k.Public, "public.pem"))
}

// WriteKeyPair makes a pair of keys in two files that must not be there. The public key comes first: what nobody can confirm is not
// signed with.
func WriteKeyPair(private, public string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	open, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	if err := writeNew(public, 0o644, &pem.Block{Type: "PUBLIC KEY", Bytes: open}); err != nil {
		return err
	}
	return writeNew(private, 0o600, &pem.Block{Type: "PRIVATE KEY", Bytes: secret})
}

func writeNew(file string, mode fs.FileMode, block *pem.Block) error {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return fmt.Errorf("write key: %w", err)
	}
	_, err = f.Write(pem.EncodeToMemory(block))
	return errors.Join(err, f.Sync(), f.Close())
}

// private is the key to sign with.
func (k *KeyPairs) private() (*ecdsa.PrivateKey, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	file := filepath.Join(k.Private, privateFile)
	return read(&k.signing, file, func() (*ecdsa.PrivateKey, error) {
		der, err := readPEM(file)
		if err != nil {
			return nil, err
		}
		if key, err := x509.ParseECPrivateKey(der); err == nil {
			return key, nil
		}
		key, err := x509.ParsePKCS8PrivateKey(der)
		if err != nil {
			return nil, fmt.Errorf("%s: it is no private key", file) // the cause might show of it
		}
		signing, ok := key.(*ecdsa.PrivateKey)
		if !ok || signing.Curve != elliptic.P256() {
			return nil, fmt.Errorf("%s: it is no key of the curve P-256", file)
		}
		return signing, nil
	})
}

// public are the keys to confirm with. A file that holds none is an error: a token might be refused for lack of it.
func (k *KeyPairs) public() ([]*ecdsa.PublicKey, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return read(&k.checking, k.Public, func() ([]*ecdsa.PublicKey, error) {
		files, err := os.ReadDir(k.Public)
		if err != nil {
			return nil, err
		}
		var keys []*ecdsa.PublicKey
		for _, f := range files {
			file := filepath.Join(k.Public, f.Name())
			der, err := readPEM(file)
			if err != nil {
				return nil, err
			}
			any, err := x509.ParsePKIXPublicKey(der)
			key, ok := any.(*ecdsa.PublicKey)
			if err != nil || !ok || key.Curve != elliptic.P256() {
				return nil, fmt.Errorf("%s: it is no public key of the curve P-256", file)
			}
			keys = append(keys, key)
		}
		return keys, nil
	})
}

// read gives what was read from a path before, unless that has changed since.
func read[T any](r *remembered[T], path string, anew func() (T, error)) (T, error) {
	epoch, err := fernet.Epoch(path)
	if err != nil {
		var none T
		return none, err
	}
	if r.known && r.epoch == epoch {
		return r.value, nil
	}
	value, err := anew()
	if err == nil {
		*r = remembered[T]{true, value, epoch}
	}
	return value, err
}

func readPEM(file string) ([]byte, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read key: %w", err)
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("%s: it is no key in PEM", file)
	}
	return block.Bytes, nil
}
