package token

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"cumulet/oslo/fault"
)

func signer(t testing.TB) *Signed {
	t.Helper()
	folder := t.TempDir()
	keys := &KeyPairs{Private: filepath.Join(folder, "private"), Public: filepath.Join(folder, "public")}
	if err := keys.Setup(); err != nil {
		t.Fatal(err)
	}
	return &Signed{Keys: keys, Now: func() time.Time { return noon }}
}

func sign(t *testing.T, s *Signed) string {
	t.Helper()
	token, err := s.Issue(claims())
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestSignedTokensSayWhatUpstreamsSay(t *testing.T) {
	parts := strings.Split(sign(t, signer(t)), ".")
	var head, body map[string]any
	for text, into := range map[string]*map[string]any{parts[0]: &head, parts[1]: &body} {
		if err := json.Unmarshal(must(base64.RawURLEncoding.DecodeString(text)), into); err != nil {
			t.Fatal(err)
		}
	}
	if head["alg"] != "ES256" || head["typ"] != "JWT" {
		t.Error(head)
	}
	for _, name := range []string{"sub", "iat", "exp", "openstack_methods", "openstack_audit_ids", "openstack_project_id"} {
		if body[name] == nil {
			t.Errorf("no %s: %v", name, body)
		}
	}
}

func TestForgedSignedTokensAreUnauthorized(t *testing.T) {
	s := signer(t)
	good := sign(t, s)
	parts := strings.Split(good, ".")
	future := claims()
	future.IssuedAt = noon.Add(2 * time.Minute)
	public := must(os.ReadFile(filepath.Join(s.Keys.Public, "public.pem")))
	secret := must(jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256, Key: public}, nil))
	mine := must(must(secret.Sign(must(base64.RawURLEncoding.DecodeString(parts[1])))).CompactSerialize())
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"JWT"}`))
	other := base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"admin","iat":1,"exp":9999999999,"openstack_methods":["password"],"openstack_audit_ids":["a"]}`))
	key := must(s.Keys.private())
	empty := must(must(must(jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: key}, nil)).Sign([]byte(`{}`))).CompactSerialize())
	for name, token := range map[string]string{
		"empty": "", "words": "let me in", "dots": "..", "truncated": good[:len(good)-5], "unsigned": parts[0] + "." + parts[1] + ".",
		"of no algorithm": none + "." + parts[1] + ".", "other claims": parts[0] + "." + other + "." + parts[2],
		"signed with the public key": mine, "of another keystone": sign(t, signer(t)), "from the future": must(s.Issue(future)),
		"huge": strings.Repeat("A", 1<<20), "of no claims": empty, "sealed": issue(t, provider(t), claims()),
	} {
		if _, err := s.Read(token); !fault.Is(err, fault.Unauthorized) {
			t.Errorf("%s: %v, want unauthorized", name, err)
		}
	}
	if _, err := provider(t).Read(good); !fault.Is(err, fault.Unauthorized) {
		t.Error(err)
	}
}

func TestAnotherPairOfKeysTakesOver(t *testing.T) {
	s := signer(t)
	old := sign(t, s)
	folder := t.TempDir()
	private, public := filepath.Join(folder, "private.pem"), filepath.Join(s.Keys.Public, "2026.pem")
	if err := WriteKeyPair(private, public); err != nil {
		t.Fatal(err)
	}
	if err := WriteKeyPair(private, public); err == nil {
		t.Error("keys that are there are written over")
	}
	if err := os.Rename(private, filepath.Join(s.Keys.Private, "private.pem")); err != nil {
		t.Fatal(err)
	}
	fresh := sign(t, s)
	if err := os.Remove(filepath.Join(s.Keys.Public, "public.pem")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Read(fresh); err != nil {
		t.Error(err)
	}
	if _, err := s.Read(old); !fault.Is(err, fault.Unauthorized) {
		t.Errorf("a token of a key that is gone: %v", err)
	}
	if err := os.Remove(filepath.Join(s.Keys.Private, "private.pem")); err != nil {
		t.Fatal(err)
	}
	if err := s.Keys.Setup(); err == nil {
		t.Error("a private key was made that no other keystone knows")
	}
}
