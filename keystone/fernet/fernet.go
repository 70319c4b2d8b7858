package fernet

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"time"
)

// Key is a Fernet key: 16 bytes to sign with, then 16 to encrypt with. The format of what it seals is github.com/fernet/spec's:
// version 0x80, seconds (8 bytes), IV (16), AES-128-CBC of the padded payload, HMAC-SHA256 of all before.
type Key [32]byte

const (
	version = 0x80
	header  = 1 + 8 + aes.BlockSize
)

// ErrUnreadable says no more than that none of the keys made a text.
var ErrUnreadable = errors.New("not sealed by a key of ours")

// Seal seals a payload, without the padding of base64, as keystone/token/token_formatters.py writes tokens.
func Seal(k Key, payload []byte, at time.Time) string {
	padding := aes.BlockSize - len(payload)%aes.BlockSize
	payload = slices.Concat(payload, bytes.Repeat([]byte{byte(padding)}, padding))
	token := make([]byte, header+len(payload), header+len(payload)+sha256.Size)
	token[0] = version
	binary.BigEndian.PutUint64(token[1:], uint64(at.Unix()))
	iv := token[9:header]
	rand.Read(iv) // never fails
	cipher.NewCBCEncrypter(block(k), iv).CryptBlocks(token[header:], payload)
	return base64.RawURLEncoding.EncodeToString(append(token, sign(k, token)...))
}

// Unseal finds the key that sealed a text and gives its payload and second of making.
func Unseal(keys []Key, text string) ([]byte, time.Time, error) {
	token, err := base64.RawURLEncoding.Strict().DecodeString(strings.TrimRight(text, "="))
	signed := len(token) - sha256.Size
	if err != nil || signed < header+aes.BlockSize || (signed-header)%aes.BlockSize != 0 || token[0] != version {
		return nil, time.Time{}, ErrUnreadable
	}
	for _, k := range keys {
		if !hmac.Equal(token[signed:], sign(k, token[:signed])) {
			continue
		}
		payload := make([]byte, signed-header)
		cipher.NewCBCDecrypter(block(k), token[9:header]).CryptBlocks(payload, token[header:signed])
		padding := int(payload[len(payload)-1])
		if padding == 0 || padding > aes.BlockSize {
			return nil, time.Time{}, ErrUnreadable
		}
		at := time.Unix(int64(binary.BigEndian.Uint64(token[1:])), 0)
		return payload[:len(payload)-padding], at.UTC(), nil
	}
	return nil, time.Time{}, ErrUnreadable
}

func sign(k Key, token []byte) []byte {
	mac := hmac.New(sha256.New, k[:16])
	mac.Write(token)
	return mac.Sum(nil)
}

func block(k Key) cipher.Block {
	b, err := aes.NewCipher(k[16:])
	if err != nil {
		panic(err) // 16 bytes are a key
	}
	return b
}
