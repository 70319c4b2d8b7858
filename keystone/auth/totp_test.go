package auth

import (
	"testing"
	"time"
)

// The secrets and passwords are those of RFC 6238, appendix B, less their first two digits.
func TestOneTimePasswords(t *testing.T) {
	t.Parallel()
	const secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" // "12345678901234567890"
	for second, want := range map[int64]string{59: "287082", 1111111109: "081804", 1234567890: "005924", 20000000000: "353130"} {
		for _, padded := range []string{secret, secret + "===="} {
			if got, err := totp(padded, time.Unix(second, 0)); err != nil || got != want {
				t.Errorf("at %d: %s, %v; want %s", second, got, err, want)
			}
		}
	}
	for _, secret := range []string{"", "no base32!", "===="} {
		if got, err := totp(secret, time.Unix(59, 0)); err == nil {
			t.Errorf("%q makes %s", secret, got)
		}
	}
}
