package token

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cumulet/keystone"
	"cumulet/keystone/fernet"
	"cumulet/oslo/fault"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 123456000, time.UTC)

func provider(t testing.TB) *Provider {
	t.Helper()
	keys := &fernet.Keys{Folder: filepath.Join(t.TempDir(), "keys")}
	if err := keys.Setup(); err != nil {
		t.Fatal(err)
	}
	return &Provider{Keys: keys, Now: func() time.Time { return noon }}
}

func claims() keystone.Claims {
	return keystone.Claims{
		UserID: keystone.NewID(), Methods: []string{"password"}, Scope: keystone.Scope{Kind: keystone.OnProject, ID: keystone.NewID()},
		AuditIDs: []string{NewAuditID()}, IssuedAt: noon, ExpiresAt: noon.Add(time.Hour).Truncate(time.Second),
	}
}

func issue(t *testing.T, p *Provider, c keystone.Claims) string {
	t.Helper()
	token, err := p.Issue(c)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// maker is what both kinds of providers do.
type maker interface {
	Issue(c keystone.Claims) (string, error)
	Read(token string) (keystone.Claims, error)
}

func TestWhatIsIssuedIsRead(t *testing.T) {
	for name, p := range map[string]maker{"sealed": provider(t), "signed": signer(t)} {
		t.Run(name, func(t *testing.T) { rapid.Check(t, func(r *rapid.T) { isRead(r, p) }) })
	}
}

// isRead issues a token of any claims.
func isRead(r *rapid.T, p maker) {
	id := rapid.OneOf(rapid.StringMatching(`[0-9a-f]{32}`), rapid.StringMatching(`[a-zA-Z0-9-]{1,64}`))
	kinds := []keystone.ScopeKind{keystone.Unscoped, keystone.OnProject, keystone.OnDomain, keystone.OnSystem}
	c := keystone.Claims{
		UserID:    id.Draw(r, "user"),
		IssuedAt:  noon.Add(-time.Duration(rapid.Int64Range(0, 1e9).Draw(r, "age")) * time.Microsecond),
		ExpiresAt: time.Unix(rapid.Int64Range(0, 1<<33).Draw(r, "expires"), 0).UTC(),
		AuditIDs:  []string{NewAuditID()},
		Scope:     keystone.Scope{Kind: rapid.SampledFrom(kinds).Draw(r, "kind")},
	}
	for _, m := range keystone.AuthMethods {
		if rapid.Bool().Draw(r, m) {
			c.Methods = append(c.Methods, m)
		}
	}
	if c.Scope.Kind != keystone.Unscoped {
		c.Scope.ID = id.Draw(r, "scope")
	}
	if c.Scope.Kind == keystone.OnProject && rapid.Bool().Draw(r, "credential") {
		c.ApplicationCredentialID = id.Draw(r, "credential id")
	}
	if c.ApplicationCredentialID == "" && c.Scope.Kind != keystone.OnSystem && rapid.Bool().Draw(r, "federated") {
		c.Federated = &keystone.Federated{IdentityProviderID: id.Draw(r, "provider"), ProtocolID: rapid.StringMatching(`[a-z0-9]{1,64}`).Draw(r, "protocol")}
		for range rapid.IntRange(0, 3).Draw(r, "groups") {
			c.Federated.GroupIDs = append(c.Federated.GroupIDs, id.Draw(r, "group"))
		}
	}
	if rapid.Bool().Draw(r, "chain") {
		c.AuditIDs = append(c.AuditIDs, NewAuditID())
	}
	token, err := p.Issue(c)
	if err != nil {
		r.Fatal(err)
	}
	got, err := p.Read(token)
	if err != nil || !reflect.DeepEqual(got, c) {
		r.Fatalf("read %+v, %v; issued %+v", got, err, c)
	}
}

func TestTokenIsAsShortAsUpstreams(t *testing.T) {
	if n := len(issue(t, provider(t), claims())); n > 255 {
		t.Errorf("a project's token has %d characters, more than 255", n)
	}
}

// Upstream's payload of a project-scoped token, without our last element.
func TestUpstreamsPayloadIsRead(t *testing.T) {
	c := claims()
	b := appendValue(nil, []any{int64(2), packID(c.UserID), int64(2), packID(c.Scope.ID), float64(c.ExpiresAt.Unix()),
		[]any{must(base64.RawURLEncoding.DecodeString(c.AuditIDs[0]))}})
	got, err := unpack(b, noon.Truncate(time.Second))
	c.IssuedAt = noon.Truncate(time.Second)
	if err != nil || !reflect.DeepEqual(got, c) {
		t.Errorf("read %+v, %v; want %+v", got, err, c)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestForgedTokensAreUnauthorized(t *testing.T) {
	p := provider(t)
	good := issue(t, p, claims())
	future := claims()
	future.IssuedAt = noon.Add(2 * time.Minute)
	flipped := []byte(good)
	flipped[len(flipped)/2] ^= 1
	for name, token := range map[string]string{
		"empty": "", "words": "let me in", "truncated": good[:len(good)-5], "half": good[:len(good)/2], "flipped": string(flipped),
		"longer": good + "AAAA", "of another key": issue(t, provider(t), claims()), "huge": strings.Repeat("A", 1<<20),
		"from the future": issue(t, p, future),
	} {
		if _, err := p.Read(token); !fault.Is(err, fault.Unauthorized) {
			t.Errorf("%s: %v, want unauthorized", name, err)
		}
	}
	if _, err := p.Read(good + "=="); err != nil {
		t.Errorf("padding of base64 spoils a token: %v", err)
	}
}

func TestRotationKeepsOldTokensForAWhile(t *testing.T) {
	p := provider(t)
	old := issue(t, p, claims())
	for rotation := 1; rotation <= 3; rotation++ {
		if err := p.Keys.Rotate(); err != nil {
			t.Fatal(err)
		}
		touch(t, p.Keys.Folder, rotation)
		_, err := p.Read(old)
		if kept := rotation < 2; kept != (err == nil) { // three keys: staged, primary, one old
			t.Errorf("after %d rotations: %v", rotation, err)
		}
		if _, err := p.Read(issue(t, p, claims())); err != nil {
			t.Errorf("new token after %d rotations: %v", rotation, err)
		}
	}
}

// touch moves the folder's time on, as a file system with coarse times would only later.
func touch(t *testing.T, folder string, seconds int) {
	t.Helper()
	at := noon.Add(time.Duration(seconds) * time.Second)
	if err := os.Chtimes(folder, at, at); err != nil {
		t.Fatal(err)
	}
}

func FuzzReadPayload(f *testing.F) {
	b, err := pack(claims())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte{0xdd, 0xff, 0xff, 0xff, 0xff})
	f.Add([]byte{0x91, 0x91, 0x91, 0x91, 0x91, 0x91})
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := unpack(b, noon)
		if err != nil {
			return
		}
		again, err := pack(c)
		if err != nil {
			t.Skip("an id that we would not pack so")
		}
		back, err := unpack(again, noon.Truncate(time.Second))
		if err != nil {
			t.Fatalf("packed again, %+v does not unpack: %v", c, err)
		}
		back.IssuedAt = c.IssuedAt
		if !reflect.DeepEqual(back, c) {
			t.Fatalf("packed again, %+v becomes %+v", c, back)
		}
	})
}

func FuzzReadToken(f *testing.F) {
	p := provider(f)
	token, err := p.Issue(claims())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(token)
	f.Add("gAAAAA")
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := p.Read(text); err == nil && strings.TrimRight(text, "=") != token {
			t.Fatalf("a forged token is read: %q", text)
		}
	})
}
