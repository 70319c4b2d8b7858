package federation

import (
	"testing"

	"cumulet/keystone"
)

// What upstream made of these, with Python's quote and SHA-256.
func TestUsersAreCalledAsUpstreamCallsThem(t *testing.T) {
	const name, as, id = "a b@c/ü", "a%20b%40c/%C3%BC", "e283f9ec7ccc2eda9b259a8efb4eb2fe44da14a22a8ad4118b59a40387d4d470"
	if got := quoted(name); got != as {
		t.Errorf("%q, want %q", got, as)
	}
	if m, ok := keystone.Mapped("d", as, keystone.ToUser); !ok || m.PublicID != id {
		t.Errorf("%+v", m)
	}
}
