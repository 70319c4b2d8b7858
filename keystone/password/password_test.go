package password

import (
	"context"
	"strings"
	"sync"
	"testing"
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
