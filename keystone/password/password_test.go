package password

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestOnlyThePasswordMatches(t *testing.T) {
	t.Parallel()
	h := &Hasher{Cost: 4}
	hash, err := h.Hash(t.Context(), "secret")
	if err != nil {
		t.Fatal(err)
	}
	for password, want := range map[string]bool{"secret": true, "Secret": false, "": false, "secret ": false} {
		if got, err := h.Check(t.Context(), password, hash); got != want || err != nil {
			t.Errorf("%q: %t, %v", password, got, err)
		}
	}
	if got, err := h.Check(t.Context(), "nobody", ""); got || err != nil {
		t.Errorf("an unknown user's password matches: %t, %v", got, err)
	}
}

// What was right stays right unhashed for a while, and only that password with that hash.
func TestRightPasswordIsRememberedForAWhile(t *testing.T) {
	t.Parallel()
	now := time.Now()
	h := &Hasher{Cost: 4, Memory: time.Minute, Now: func() time.Time { return now }}
	old, err := h.Hash(t.Context(), "secret")
	if err != nil {
		t.Fatal(err)
	}
	other, err := h.Hash(t.Context(), "other")
	if err != nil {
		t.Fatal(err)
	}
	gone, cancel := context.WithCancel(t.Context()) // under it nothing is hashed any more
	check := func(ctx context.Context, password, hash string, want bool) {
		t.Helper()
		if got, err := h.Check(ctx, password, hash); got != want || err == nil != (want || ctx == t.Context()) {
			t.Errorf("%q: %t, %v", password, got, err)
		}
	}
	check(t.Context(), "secret", old, true)
	check(t.Context(), "guess", old, false)
	cancel()
	for range h.lanes() { // all lanes taken: whoever must hash waits, and has gone
		if _, err := h.enter(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	check(gone, "secret", old, true)
	check(gone, "guess", old, false)
	check(gone, "secret", other, false)
	check(gone, "secret", "", false)
	now = now.Add(time.Hour)
	check(gone, "secret", old, false)
	h.Vouch("secret", old)
	check(gone, "secret", old, true)
	check(gone, "guess", old, false)
	now = now.Add(time.Hour)
	check(gone, "secret", old, false)
}

// As upstream with bcrypt: what lies beyond 72 bytes does not count, and is no error.
func TestLongPasswordsAreCut(t *testing.T) {
	t.Parallel()
	h := &Hasher{Cost: 4}
	hash, err := h.Hash(t.Context(), strings.Repeat("a", 100))
	if err != nil {
		t.Fatal(err)
	}
	for length, want := range map[int]bool{71: false, 72: true, 4096: true} {
		if got, err := h.Check(t.Context(), strings.Repeat("a", length), hash); got != want || err != nil {
			t.Errorf("%d bytes: %t, %v", length, got, err)
		}
	}
}

func TestWhoHasGoneDoesNotHash(t *testing.T) {
	t.Parallel()
	h := &Hasher{Cost: 4, Lanes: 1}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	leave, err := h.enter(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Check(ctx, "x", ""); err == nil {
		t.Error("a cancelled request waited for its hash")
	}
	leave()
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			if _, err := h.Hash(t.Context(), "x"); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}
