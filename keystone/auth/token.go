package auth

import (
	"context"
	"crypto/sha256"
	"errors"
	"slices"
	"time"

	"cumulet/keystone"
	"cumulet/keystone/db"
	"cumulet/keystone/token"
	"cumulet/oslo/fault"
)

// Authenticate issues the token that a request asks for.
func (m *Manager) Authenticate(ctx context.Context, r Request) (string, keystone.Token, error) {
	p, err := m.prove(ctx, r)
	if err != nil {
		return "", keystone.Token{}, unauthorized(err)
	}
	if err := m.countReceipt(r.Receipt, p); err != nil {
		return "", keystone.Token{}, err
	}
	if err := m.enough(ctx, p); err != nil {
		return "", keystone.Token{}, err
	}
	scope, err := m.scope(ctx, r, p)
	if err != nil {
		return "", keystone.Token{}, unauthorized(err)
	}
	if p.OnSystem && (scope.Kind == keystone.OnProject || scope.Kind == keystone.OnDomain) { // as keystone/auth/plugins/token.py
		return "", keystone.Token{}, keystone.ActionForbidden(
			"Using a system-scoped token to create a project-scoped or domain-scoped token is not allowed.")
	}
	if err := m.Identity.Active(ctx, p.User); err != nil {
		return "", keystone.Token{}, err
	}
	return m.issue(ctx, m.claims(r, p, scope))
}

// claims are those of a new token for what was proven, in a scope.
func (m *Manager) claims(r Request, p *Proof, scope keystone.Scope) keystone.Claims {
	now := m.Now().UTC()
	p.until(now.Add(m.Config.TokenLifetime))
	c := keystone.Claims{
		UserID: p.User.ID, Methods: inOrder(p.Methods), Scope: scope,
		Federated: p.Federated, AuditIDs: []string{token.NewAuditID()}, IssuedAt: now.Truncate(time.Microsecond), ExpiresAt: p.ExpiresAt.UTC().Truncate(time.Second),
	}
	if p.Chain != "" {
		c.AuditIDs = append(c.AuditIDs, p.Chain)
	}
	if p.ApplicationCredential != nil {
		c.ApplicationCredentialID = p.ApplicationCredential.ID
	}
	switch {
	case p.AccessToken != nil:
		c.AccessTokenID = p.AccessToken.ID
	case r.Scope != nil:
		c.TrustID = r.Scope.TrustID
	}
	return c
}

// issue makes the token of claims that stand.
func (m *Manager) issue(ctx context.Context, c keystone.Claims) (string, keystone.Token, error) {
	t, err := m.confirm(ctx, c)
	if err != nil {
		return "", t, unauthorized(err)
	}
	if t.Trust != nil {
		if t.Trust.ExpiresAt != nil && t.Trust.ExpiresAt.Before(c.ExpiresAt) {
			c.ExpiresAt = t.Trust.ExpiresAt.UTC().Truncate(time.Second)
			t.Claims = c
		}
		if err := m.Trust.Use(ctx, *t.Trust); err != nil { // before the token is out: a use may be lost, never had twice
			return "", t, err
		}
	}
	text, err := m.Tokens.Issue(c)
	return text, t, err
}

// prove runs the methods that a request names.
func (m *Manager) prove(ctx context.Context, r Request) (*Proof, error) {
	p := &Proof{}
	for _, name := range r.Methods {
		method, ok := m.Methods[name]
		if !ok {
			return nil, fault.New(fault.Unauthorized, "AuthMethodNotSupported", "Attempted to authenticate with an unsupported method.").
				With("identity", map[string]any{"methods": m.methodNames()})
		}
		p.Methods = append(p.Methods, name)
		err := method.Prove(ctx, r.Credentials, p)
		if r.Volunteered && name == "external" && (fault.Is(err, fault.Unauthorized) || fault.Is(err, fault.NotFound)) {
			p = &Proof{}
			continue
		}
		if err != nil {
			return nil, err
		}
	}
	if p.User.ID == "" {
		return nil, keystone.Unauthorized(errors.New("no method was named"))
	}
	return p, nil
}

// methodNames are the methods there are, in the order of AuthMethods.
func (m *Manager) methodNames() []string {
	var names []string
	for _, name := range keystone.AuthMethods {
		if m.Methods[name] != nil {
			names = append(names, name)
		}
	}
	return names
}

// inOrder drops doubles and orders methods as tokens keep them.
func inOrder(methods []string) []string {
	var ordered []string
	for _, name := range keystone.AuthMethods {
		if slices.Contains(methods, name) {
			ordered = append(ordered, name)
		}
	}
	return ordered
}

// Validate confirms a token: ours, not expired (by more than window), not revoked, and still standing for something.
func (m *Manager) Validate(ctx context.Context, text string, window time.Duration) (keystone.Token, error) {
	epoch, err := m.Tokens.Epoch()
	if err != nil {
		return keystone.Token{}, err
	}
	t, err := m.tokens.Get(ctx, m.DB, m.Now(), reading{sha256.Sum256([]byte(text)), epoch}, func() (keystone.Token, error) {
		c, err := m.Tokens.Read(text)
		if err == nil {
			err = m.current(c, window)
		}
		if err != nil {
			return keystone.Token{}, err
		}
		return m.standing(ctx, c)
	})
	if err == nil {
		err = m.current(t.Claims, window)
	}
	if err != nil {
		return keystone.Token{}, err
	}
	return t, nil
}

// current refuses claims that have expired by more than window.
func (m *Manager) current(c keystone.Claims, window time.Duration) error {
	if !m.Now().Before(c.ExpiresAt.Add(window)) {
		return keystone.Unauthorized(errors.New("the token has expired"))
	}
	return nil
}

// standing is what claims stand for, unless they are revoked.
func (m *Manager) standing(ctx context.Context, c keystone.Claims) (keystone.Token, error) {
	t, err := m.confirm(ctx, c)
	if errors.Is(err, errCredentialGone) {
		return t, err
	}
	if fault.Is(err, fault.Forbidden) { // what a trust once gave and gives no more
		return t, keystone.Unauthorized(err)
	}
	if err != nil {
		return t, unauthorized(err)
	}
	revoked, err := m.DB.Revocations(ctx, t.Subjects())
	if err != nil {
		return t, err
	}
	for _, r := range revoked {
		if !t.IssuedAt.After(r.IssuedBefore) {
			return t, keystone.Unauthorized(errors.New("the token is revoked by " + string(r.Kind)))
		}
	}
	return t, nil
}

// Revoke ends a token.
func (m *Manager) Revoke(ctx context.Context, t keystone.Token) error {
	now := m.Now()
	r := keystone.Revocation{Kind: keystone.RevokedToken, Subject: t.AuditIDs[0], IssuedBefore: now, RevokedAt: now}
	return m.DB.Tx(ctx, func(tx *db.Tx) error {
		if err := tx.Revoke(ctx, r); err != nil {
			return err
		}
		// As keystone/revoke/backends/sql.py: what spoke of tokens that have expired is swept out on the way.
		if err := tx.PurgeRevocations(ctx, now.Add(-m.Config.TokenLifetime-m.Config.AllowExpiredWindow)); err != nil {
			return err
		}
		return tx.Record(ctx, "identity.token.revoked", r)
	})
}

// errNotConfirmed is why a token that was given to be looked at, or for another, is not found.
var errNotConfirmed = errors.New("the token is not confirmed")

// NotConfirmed says of a token that is refused that there is none, in upstream's words for why; other errors stay. As
// keystone/token/token_formatters.py and provider.py.
func NotConfirmed(err error) error {
	text := "Failed to validate token"
	switch {
	case errors.Is(err, token.ErrUnreadable):
		text = "Could not recognize Fernet token"
	case !fault.Is(err, fault.Unauthorized):
		return err
	}
	return fault.New(fault.NotFound, "TokenNotFound", "%s", text).Because(errors.Join(errNotConfirmed, err))
}

// unauthorized makes of what is not there the one answer, with the reason kept private; what says something that the caller may know,
// and what is nobody's fault, stays.
func unauthorized(err error) error {
	if fault.Is(err, fault.NotFound) && !errors.Is(err, errNotConfirmed) {
		return keystone.Unauthorized(err)
	}
	return err
}
