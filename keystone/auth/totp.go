package auth

import (
	"context"
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // RFC 6238's, and what authenticators on phones have
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"

	"cumulet/keystone"
	"cumulet/oslo/fault"
)

const totpPeriod = 30 * time.Second

// totpMethod proves by a one-time password of one of the user's totp credentials, whose blob is a secret in base32. As
// keystone/auth/plugins/totp.py.
type totpMethod struct{ *Manager }

func (m totpMethod) Prove(ctx context.Context, c Credentials, p *Proof) error {
	u, err := m.Identity.UserMeant(ctx, c.TOTP.User)
	if fault.Is(err, fault.NotFound) {
		return keystone.Unauthorized(err)
	}
	if err != nil {
		return err
	}
	if err := m.Identity.MaySignIn(ctx, u); err != nil {
		return err
	}
	q := keystone.Query{}.And("user_id", u.ID).And("type", keystone.TOTP)
	found, err := m.Credential.Credentials(ctx, q, func(keystone.Credential) bool { return true })
	if err != nil {
		return err
	}
	right := 0
	for _, one := range found {
		for late := range m.Config.TOTPWindows + 1 {
			code, err := totp(one.Blob, m.Now().Add(-time.Duration(late)*totpPeriod))
			if err == nil {
				right |= subtle.ConstantTimeCompare([]byte(code), []byte(c.TOTP.Passcode))
			}
		}
	}
	if right == 0 {
		return keystone.Unauthorized(errors.New("no such one-time password"))
	}
	return p.is(u)
}

// totp is the password of a secret at a moment: six digits, by RFC 6238.
func totp(secret string, at time.Time) (string, error) {
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.TrimRight(secret, "="))
	if err != nil || len(key) == 0 {
		return "", errors.New("a totp credential is no base32")
	}
	mac := hmac.New(sha1.New, key)
	_ = binary.Write(mac, binary.BigEndian, at.Unix()/int64(totpPeriod/time.Second)) // a hash takes all
	sum := mac.Sum(nil)
	start := sum[len(sum)-1] & 15
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[start:])&0x7fffffff%1_000_000), nil
}
