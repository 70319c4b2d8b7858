package bootstrap

import (
	"os"
	"path/filepath"
	"testing"
)

func TestProofEndsWithPasswordAndHash(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "passwords.json")
	read := func() *Proofs {
		t.Helper()
		p, err := ReadProofs(file)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	if read().holds("u", "secret", "hash") {
		t.Error("no file proves something")
	}
	if err := read().add("u", "secret", "hash"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		user, password, hash string
		want                 bool
	}{
		{"u", "secret", "hash", true}, {"u", "guess", "hash", false}, {"u", "secret", "another", false},
		{"v", "secret", "hash", false}, {"u", "", "", false},
	} {
		if got := read().holds(c.user, c.password, c.hash); got != c.want {
			t.Errorf("%+v: %t", c, got)
		}
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	if err := os.WriteFile(file, []byte("null"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := read().add("u", "secret", "hash"); err != nil || !read().holds("u", "secret", "hash") {
		t.Errorf("after damage: %v", err)
	}
	var none *Proofs
	if err := none.add("u", "secret", "hash"); err != nil || none.holds("u", "secret", "hash") {
		t.Error("nil proves something")
	}
}
