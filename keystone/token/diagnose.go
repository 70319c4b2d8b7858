package token

import (
	"fmt"
	"strings"
	"time"

	"cumulet/keystone/fernet"
)

// Diagnose says what a sealed token is, and what of it keeps it from serving, whoever may use it. Neither repeats the token.
func Diagnose(keys *fernet.Keys, text string, now time.Time) (said string, wrong []string) {
	active, err := keys.Active()
	if err != nil {
		return "The keys cannot be read.", []string{err.Error()}
	}
	if strings.Count(text, ".") == 2 {
		return "It is a signed token.", []string{"it is not sealed by a key: keystone.token_provider must be jws where it is to serve"}
	}
	for i, key := range active {
		payload, at, err := fernet.Unseal([]fernet.Key{key}, text)
		if err != nil {
			continue
		}
		c, err := unpack(payload, at)
		if err != nil {
			return "One of the keys has made it.", []string{"it does not hold what tokens hold: another program uses the keys"}
		}
		which := "an older key, which the next rotations drop"
		switch i {
		case 0:
			which = "the primary key"
		case len(active) - 1:
			which = "the staged key, which is another keystone's primary"
		}
		said = fmt.Sprintf("It was made by %s at %s for user %s, by %s, for %s, until %s.", which, c.IssuedAt.Format(time.RFC3339), c.UserID,
			strings.Join(c.Methods, " and "), strings.TrimSpace(string(c.Scope.Kind)+" "+c.Scope.ID), c.ExpiresAt.Format(time.RFC3339))
		if !now.Before(c.ExpiresAt) {
			wrong = append(wrong, "it has expired")
		}
		if c.IssuedAt.After(now.Add(skew)) {
			wrong = append(wrong, "it is from the future: the clocks of the keystones differ")
		}
		return said, wrong
	}
	return "No key here has made it.", []string{"it is of another cloud, or of a key that was dropped, or not whole"}
}
