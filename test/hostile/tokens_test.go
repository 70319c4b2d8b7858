package hostile

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"cumulet/test/cloud"
)

// doors are a route of each service that only who has a token may use.
var doors = []string{
	"/identity/v3/auth/catalog", "/network/v2.0/networks", "/compute/v2.1/servers", "/image/v2/images", "/placement/resource_providers",
}

// tokens tries what is no token here, at every service.
func (w *world) tokens(t *testing.T) {
	good := w.SignIn(t, "mallory", "mallory", "mallory").Token
	elsewhere := cloud.Start(t, "CUMULET_KEYSTONE_TOKEN_LIFETIME=3s")
	foreign := elsewhere.Admin(t)
	bad := map[string]string{
		"none": "x", "empty words": " . ", "truncated": good[:len(good)/2], "short of one letter": good[:len(good)-1], "longer": good + "A", "of another key": foreign.Token,
		"letters": strings.Repeat("a", len(good)), "words": "gAAAAA' OR 1=1--", "of 20 kB": strings.Repeat("g", 20<<10),
	}
	for i := 0; i < len(good); i += 7 {
		other := byte('A')
		if good[i] == other {
			other = 'B'
		}
		bad["spoilt at "+good[:i]] = good[:i] + string(other) + good[i+1:]
	}
	for what, token := range bad {
		for _, door := range doors {
			a, err := (&cloud.Client{Cloud: w.Cloud, Token: token}).Send("GET", door, nil, nil)
			if err != nil || a.Status != http.StatusUnauthorized {
				t.Errorf("a token %.40s: %s %v", what, a, err)
			}
		}
	}
	for _, size := range []int{100 << 10, 1 << 20} {
		a, err := (&cloud.Client{Cloud: w.Cloud, Token: strings.Repeat("g", size)}).Send("GET", doors[1], nil, nil)
		if err == nil && a.Status != http.StatusRequestHeaderFieldsTooLarge && a.Status != http.StatusUnauthorized {
			t.Errorf("a token of %d bytes: %s", size, a)
		}
	}
	w.revoked(t, good)
	expires(t, foreign)
}

// revoked gives a token back; it opens nothing from then on.
func (w *world) revoked(t *testing.T, token string) {
	mine := &cloud.Client{Cloud: w.Cloud, Token: token}
	for _, door := range doors[:4] {
		mine.Ask(t, "GET", door, nil) // so that every service has seen it as good
	}
	if a, err := mine.Send("DELETE", "/identity/v3/auth/tokens", http.Header{"X-Subject-Token": {token}}, nil); err != nil || !a.Good() {
		t.Fatal(a, err)
	}
	for _, door := range doors {
		if a, err := mine.Send("GET", door, nil, nil); err != nil || a.Status != http.StatusUnauthorized {
			t.Errorf("a revoked token: %s %v", a, err)
		}
	}
}

// expires waits until a token is over: everywhere at once, also where it was remembered as good.
func expires(t *testing.T, c *cloud.Client) {
	t.Helper()
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	limit := time.NewTimer(time.Minute)
	defer limit.Stop()
	for {
		a, err := c.Send("GET", doors[1], nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		if a.Status == http.StatusUnauthorized {
			break
		}
		select {
		case <-again.C:
		case <-limit.C:
			t.Fatalf("a token of 3 s is good for ever: %s", a)
		}
	}
	for _, door := range doors {
		if a, err := c.Send("GET", door, nil, nil); err != nil || a.Status != http.StatusUnauthorized {
			t.Errorf("an expired token: %s %v", a, err)
		}
	}
}
