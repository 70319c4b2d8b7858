package api_test

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // RFC 6238's
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"testing"
	"time"

	"cumulet/keystone"
)

const seed = "a secret on a phone"

// passcode is what a phone shows, made here apart from keystone's own.
func passcode(at time.Time) string {
	mac := hmac.New(sha1.New, []byte(seed))
	_ = binary.Write(mac, binary.BigEndian, at.Unix()/30)
	sum := mac.Sum(nil)
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[sum[19]&15:])&0x7fffffff%1_000_000)
}

// factors is a sign-in by a password, a one-time password, or both.
func factors(name, password, code string) object {
	domain := object{"id": "default"}
	identity, methods := object{}, []string{}
	if password != "" {
		methods = append(methods, "password")
		identity["password"] = object{"user": object{"name": name, "password": password, "domain": domain}}
	}
	if code != "" {
		methods = append(methods, "totp")
		identity["totp"] = object{"user": object{"name": name, "passcode": code, "domain": domain}}
	}
	identity["methods"] = methods
	return object{"auth": object{"identity": identity, "scope": project(name)}}
}

func withTOTP(c *keystone.Config) { c.AuthMethods = append(c.AuthMethods, "totp") }

// phone gives a user a one-time password.
func (c *cloud) phone(userID string) {
	c.Helper()
	c.must(201, "POST", "/v3/credentials", object{"credential": object{"type": "totp", "user_id": userID,
		"blob": base32.StdEncoding.EncodeToString([]byte(seed))}})
}

func TestSigningInByAOneTimePassword(t *testing.T) {
	t.Parallel()
	c := newCloud(t, withTOTP)
	eveID, _ := c.member("eve")
	c.member("bob")
	c.phone(eveID)
	now := c.clock.Now()
	for claim, x := range map[string]struct {
		name, code string
		status     int
	}{
		"the present one":   {"eve", passcode(now), 201},
		"the one before":    {"eve", passcode(now.Add(-30 * time.Second)), 201},
		"one long past":     {"eve", passcode(now.Add(-5 * time.Minute)), 401},
		"the next":          {"eve", passcode(now.Add(30 * time.Second)), 401},
		"another":           {"eve", "abcdef", 401},
		"who has no phone":  {"bob", passcode(now), 401},
		"who is not known":  {"eva", passcode(now), 401},
		"one and something": {"eve", passcode(now) + "0", 401},
	} {
		if a := c.ask("POST", "/v3/auth/tokens", "", factors(x.name, "", x.code)); a.status != x.status {
			t.Errorf("%s: %d %s, want %d", claim, a.status, a.text, x.status)
		}
	}
	a := c.ask("POST", "/v3/auth/tokens", "", factors("eve", "", passcode(now)))
	if word(a.body, "token", "methods", 0) != "totp" || c.valid(a.header.Get("X-Subject-Token")) != 200 {
		t.Errorf("%s", a.text)
	}
	without := newCloud(t)
	if a := without.ask("POST", "/v3/auth/tokens", "", factors("admin", "", passcode(now))); a.status != 401 || at(a.body, "error", "identity", "methods") == nil {
		t.Errorf("where it is not configured: %d %s", a.status, a.text)
	}
}

func TestSeveralFactors(t *testing.T) {
	t.Parallel()
	c := newCloud(t, withTOTP)
	eveID, _ := c.member("eve")
	bobID, _ := c.member("bob")
	c.phone(eveID)
	c.phone(bobID)
	for _, id := range []string{eveID, bobID} {
		c.must(200, "PATCH", "/v3/users/"+id, object{"user": object{"options": object{"multi_factor_auth_rules": [][]string{{"password", "totp"}, {"totp", "none"}}}}})
	}
	sign := func(body object, receipt string) answer {
		return c.ask("POST", "/v3/auth/tokens", "", body, "Openstack-Auth-Receipt", receipt)
	}
	one := sign(factors("eve", "eve", ""), "")
	receipt := one.header.Get("Openstack-Auth-Receipt")
	if one.status != 401 || receipt == "" || word(one.body, "receipt", "methods", 0) != "password" || word(one.body, "receipt", "user", "id") != eveID ||
		word(one.body, "receipt", "user", "domain", "name") != "Default" || len(at(one.body, "required_auth_methods").([]any)) != 1 ||
		one.header.Get("X-Subject-Token") != "" {
		t.Fatalf("by a password alone %d %s", one.status, one.text)
	}
	code := passcode(c.clock.Now())
	for claim, x := range map[string]struct {
		body    object
		receipt string
		status  int
	}{
		"both at once":                {factors("eve", "eve", code), "", 201},
		"the other, with the receipt": {factors("eve", "", code), receipt, 201},
		"the same again":              {factors("eve", "eve", ""), receipt, 401},
		"another's receipt":           {factors("bob", "", code), receipt, 401},
		"a wrong code":                {factors("eve", "eve", "000000x"), "", 401},
		"a forged receipt":            {factors("eve", "", code), receipt + "AAAA", 401},
		"a token for a receipt":       {factors("eve", "", code), c.admin, 401},
	} {
		a := sign(x.body, x.receipt)
		if a.status != x.status {
			t.Errorf("%s: %d %s, want %d", claim, a.status, a.text, x.status)
		}
		if a.status == 201 && len(at(a.body, "token", "methods").([]any)) != 2 {
			t.Errorf("%s: %s", claim, a.text)
		}
	}
	if status := c.valid(receipt); status != 404 {
		t.Errorf("a receipt passes for a token: %d", status)
	}
	both := sign(factors("eve", "eve", code), "").header.Get("X-Subject-Token")
	again := c.ask("POST", "/v3/auth/tokens", "", object{"auth": object{"identity": object{"methods": []string{"token"}, "token": object{"id": both}}}})
	if again.status != 201 {
		t.Errorf("a token of both gets no other: %d %s", again.status, again.text)
	}
	c.clock.advance(6 * time.Minute)
	if a := sign(factors("eve", "", passcode(c.clock.Now())), receipt); a.status != 401 {
		t.Errorf("with a receipt that has expired: %d %s", a.status, a.text)
	}
	c.must(200, "PATCH", "/v3/users/"+eveID, object{"user": object{"options": object{"multi_factor_auth_enabled": false}}})
	if a := sign(factors("eve", "eve", ""), ""); a.status != 201 {
		t.Errorf("with the rules switched off: %d %s", a.status, a.text)
	}
}
