package token

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"cumulet/keystone"
)

// Payload versions. As keystone/token/token_formatters.py.
const (
	unscopedPayload              = 0
	domainPayload                = 1
	projectPayload               = 2
	trustPayload                 = 3
	federatedPayload             = 4
	federatedProjectPayload      = 5
	federatedDomainPayload       = 6
	oauthPayload                 = 7
	systemPayload                = 8
	applicationCredentialPayload = 9
)

// auditIDSize is the bytes of an audit id.
const auditIDSize = 16

// pack lays claims out as the array that upstream's payload class of their kind has, with one more element at the end,
// which upstream does not look at: the microseconds of the making, since a revocation and a new login may fall into one
// second.
func pack(c keystone.Claims) ([]byte, error) {
	methods, err := methodBits(c.Methods)
	if err != nil {
		return nil, err
	}
	audit, err := auditBytes(c.AuditIDs)
	if err != nil {
		return nil, err
	}
	expires := float64(c.ExpiresAt.Unix())
	user := packID(c.UserID)
	var payload []any
	switch c.Scope.Kind {
	case keystone.Unscoped:
		payload = []any{int64(unscopedPayload), user, methods, expires, audit}
	case keystone.OnDomain:
		payload = []any{int64(domainPayload), user, methods, bare(c.Scope.ID), expires, audit}
	case keystone.OnSystem:
		payload = []any{int64(systemPayload), user, methods, c.Scope.ID, expires, audit}
	case keystone.OnProject:
		payload = []any{int64(projectPayload), user, methods, packID(c.Scope.ID), expires, audit}
		if c.ApplicationCredentialID != "" {
			payload[0] = int64(applicationCredentialPayload)
			payload = append(payload, packID(c.ApplicationCredentialID))
		}
		if c.AccessTokenID != "" {
			payload = []any{int64(oauthPayload), user, methods, packID(c.Scope.ID), packID(c.AccessTokenID), expires, audit}
		}
		if c.TrustID != "" {
			payload[0] = int64(trustPayload)
			payload = append(payload, bare(c.TrustID))
		}
	default:
		return nil, fmt.Errorf("token: no payload for scope %q", c.Scope.Kind)
	}
	if c.Federated != nil && c.Scope.Kind != keystone.OnSystem { // there upstream has no room for it
		payload = federatedParts(c, user, methods, expires, audit)
	}
	payload = append(payload, int64(c.IssuedAt.Nanosecond()/1000))
	return appendValue(nil, payload), nil
}

// federatedParts are the elements of a token of whom an identity provider vouched for.
func federatedParts(c keystone.Claims, user any, methods int64, expires float64, audit []any) []any {
	groups := make([]any, len(c.Federated.GroupIDs))
	for i, id := range c.Federated.GroupIDs {
		groups[i] = packID(id)
	}
	parts := []any{int64(federatedPayload), user, methods}
	switch c.Scope.Kind {
	case keystone.OnProject:
		parts = []any{int64(federatedProjectPayload), user, methods, packID(c.Scope.ID)}
	case keystone.OnDomain:
		parts = []any{int64(federatedDomainPayload), user, methods, packID(c.Scope.ID)}
	}
	return append(parts, groups, packID(c.Federated.IdentityProviderID), c.Federated.ProtocolID, expires, audit)
}

// unpack reads what pack, or upstream, laid out.
func unpack(b []byte, made time.Time) (keystone.Claims, error) {
	r := reader{b: b}
	parts, ok := r.value(4).([]any)
	if !ok || r.bad || len(r.b) > 0 {
		return keystone.Claims{}, ErrUnreadable
	}
	f := fields{parts: parts}
	version := f.int()
	c := keystone.Claims{UserID: f.id(), Methods: f.methods()}
	switch version {
	case unscopedPayload, federatedPayload:
	case federatedDomainPayload:
		c.Scope = keystone.Scope{Kind: keystone.OnDomain, ID: f.id()}
	case domainPayload:
		c.Scope = keystone.Scope{Kind: keystone.OnDomain, ID: f.bare()}
	case systemPayload:
		c.Scope = keystone.Scope{Kind: keystone.OnSystem, ID: f.text()}
	case projectPayload, applicationCredentialPayload, trustPayload, oauthPayload, federatedProjectPayload:
		c.Scope = keystone.Scope{Kind: keystone.OnProject, ID: f.id()}
	default:
		return c, ErrUnreadable
	}
	if version == oauthPayload {
		c.AccessTokenID = f.id()
	}
	if version >= federatedPayload && version <= federatedDomainPayload {
		c.Federated = f.federated()
	}
	c.ExpiresAt, c.AuditIDs = f.time(), f.audit()
	if version == applicationCredentialPayload {
		c.ApplicationCredentialID = f.id()
	}
	if version == trustPayload {
		c.TrustID = f.bare()
	}
	c.IssuedAt = made.Add(time.Duration(f.micros()) * time.Microsecond)
	if f.bad {
		return keystone.Claims{}, ErrUnreadable
	}
	return c, nil
}

// packID makes an id (is it bytes?, value): the bytes of a UUID without dashes, else the text.
func packID(id string) any {
	b := bare(id)
	_, compact := b.([]byte)
	return []any{compact, b}
}

func bare(id string) any {
	if b, err := hex.DecodeString(id); err == nil && len(b) == 16 && hex.EncodeToString(b) == id {
		return b
	}
	return id
}

func methodBits(methods []string) (int64, error) {
	var bits int64
	for _, m := range methods {
		at := slices.Index(keystone.AuthMethods[:], m)
		if at < 0 {
			return 0, fmt.Errorf("token: no method %q", m)
		}
		bits |= 1 << at
	}
	return bits, nil
}

func auditBytes(ids []string) ([]any, error) {
	all := make([]any, len(ids))
	for i, id := range ids {
		b, err := base64.RawURLEncoding.DecodeString(id)
		if err != nil || len(b) != auditIDSize {
			return nil, errors.New("token: an audit id is malformed")
		}
		all[i] = b
	}
	if len(all) == 0 {
		return nil, errors.New("token: an audit id is missing")
	}
	return all, nil
}

// fields takes a payload's elements one by one; once one is not what it should be, bad stays set.
type fields struct {
	parts []any
	bad   bool
}

func next[T any](f *fields) (v T) {
	if len(f.parts) == 0 {
		f.bad = true
		return v
	}
	v, ok := f.parts[0].(T)
	f.parts = f.parts[1:]
	f.bad = f.bad || !ok
	return v
}

func (f *fields) int() int64   { return next[int64](f) }
func (f *fields) text() string { return next[string](f) }

func (f *fields) id() string {
	pair := fields{parts: next[[]any](f)}
	next[bool](&pair)
	id := pair.bare()
	f.bad = f.bad || pair.bad || len(pair.parts) > 0
	return id
}

func (f *fields) bare() string {
	var id string
	switch v := next[any](f).(type) {
	case []byte:
		id = hex.EncodeToString(v)
		f.bad = f.bad || len(v) != 16
	case string:
		id = v
	}
	f.bad = f.bad || id == ""
	return id
}

func (f *fields) federated() *keystone.Federated {
	groups := fields{parts: next[[]any](f)}
	of := &keystone.Federated{}
	for len(groups.parts) > 0 && !groups.bad {
		of.GroupIDs = append(of.GroupIDs, groups.id())
	}
	of.IdentityProviderID, of.ProtocolID = f.id(), f.text()
	f.bad = f.bad || groups.bad || of.ProtocolID == ""
	return of
}

func (f *fields) methods() []string {
	bits := f.int()
	f.bad = f.bad || bits < 0 || bits >= 1<<len(keystone.AuthMethods)
	var methods []string
	for i, m := range keystone.AuthMethods {
		if bits&(1<<i) != 0 {
			methods = append(methods, m)
		}
	}
	return methods
}

// time is seconds, as a float or, from upstream, a whole number.
func (f *fields) time() time.Time {
	switch v := next[any](f).(type) {
	case float64:
		if v >= 0 && v < math.MaxInt32*128 { // some 8,000 years
			return time.Unix(int64(v), 0).UTC()
		}
	case int64:
		if v >= 0 && v < math.MaxInt32*128 {
			return time.Unix(v, 0).UTC()
		}
	}
	f.bad = true
	return time.Time{}
}

func (f *fields) audit() []string {
	parts := next[[]any](f)
	f.bad = f.bad || len(parts) < 1 || len(parts) > 2
	var ids []string
	for _, part := range parts {
		b, ok := part.([]byte)
		f.bad = f.bad || !ok || len(b) != auditIDSize
		ids = append(ids, base64.RawURLEncoding.EncodeToString(b))
	}
	return ids
}

// micros is our own last element, absent from upstream's tokens.
func (f *fields) micros() int64 {
	if len(f.parts) == 0 {
		return 0
	}
	n := f.int()
	f.bad = f.bad || n < 0 || n >= 1_000_000 || len(f.parts) > 0
	return n
}

// NewAuditID makes an audit id: 16 random bytes in URL-safe base64, as keystone/token/provider.py.
func NewAuditID() string {
	b, _ := hex.DecodeString(keystone.NewID())
	return base64.RawURLEncoding.EncodeToString(b)
}
