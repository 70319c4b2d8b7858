package middleware

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"cumulet/oslo/fault"
)

// Keystone confirms tokens at one keystone, as a service user. All services of a process may share one.
type Keystone struct {
	// URL is where the Identity API is, without its version: "http://127.0.0.1:5000" or "http://cloud/identity".
	URL    string
	Client *http.Client
	// User, of the default domain, and Project are whom keystone is asked as: one with the role service.
	User, Password, Project string
	Now                     func() time.Time
	// Memory is how long an answer serves; 10 s when zero. Generation, where keystone is in this process, makes it serve only
	// as long as nothing has changed there: what is revoked is gone at once.
	Memory     time.Duration
	Generation func() uint64

	flights singleflight.Group
	mu      sync.Mutex
	known   map[question]answer
	own     ownToken
}

// question is a token, hashed so that the memory holds none, and whether it may have expired.
type question struct {
	hash    [sha256.Size]byte
	expired bool
}

type answer struct {
	token      *Token
	until      time.Time
	generation uint64
}

type ownToken struct {
	text  string
	until time.Time
}

const (
	// remembered bounds the memory, in tokens.
	remembered = 10_000
	// patience bounds one question to keystone.
	patience = 30 * time.Second
	// longest bounds an answer: a catalog is not asked for.
	longest = 1 << 20
)

// Confirm asks keystone about a token, or remembers.
func (k *Keystone) Confirm(ctx context.Context, text string, expired bool) (*Token, error) {
	q := question{sha256.Sum256([]byte(text)), expired}
	generation := k.generation()
	if t := k.recall(q, generation); t != nil {
		return t, nil
	}
	key := fmt.Sprintf("%x %t %d", q.hash, expired, generation)
	flight := k.flights.DoChan(key, func() (any, error) {
		// The question goes on for the others who wait, whoever asked it first has gone away.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
		defer cancel()
		t, err := k.ask(ctx, text, expired)
		if err == nil {
			k.remember(q, t, generation)
		}
		return t, err
	})
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case result := <-flight:
		t, _ := result.Val.(*Token)
		return t, result.Err
	}
}

func (k *Keystone) generation() uint64 {
	if k.Generation == nil {
		return 0
	}
	return k.Generation()
}

// recall is the answer that still serves, or nil.
func (k *Keystone) recall(q question, generation uint64) *Token {
	k.mu.Lock()
	defer k.mu.Unlock()
	a, ok := k.known[q]
	if !ok || a.generation != generation || !k.Now().Before(a.until) {
		return nil
	}
	return a.token
}

// remember keeps an answer; when there are too many, any others go.
func (k *Keystone) remember(q question, t *Token, generation uint64) {
	memory := k.Memory
	if memory == 0 {
		memory = 10 * time.Second
	}
	until := k.Now().Add(memory)
	if !q.expired && t.ExpiresAt.Before(until) {
		until = t.ExpiresAt
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.known == nil {
		k.known = map[question]answer{}
	}
	for other := range k.known {
		if len(k.known) < remembered {
			break
		}
		delete(k.known, other)
	}
	k.known[q] = answer{t, until, generation}
}

// ask asks keystone; when it does not know our own token any more, once again with a new one.
func (k *Keystone) ask(ctx context.Context, text string, expired bool) (*Token, error) {
	for try := 0; ; try++ {
		own, err := k.signIn(ctx, try > 0)
		if err != nil {
			return nil, err
		}
		path := "/v3/auth/tokens?nocatalog"
		if expired {
			path += "&allow_expired=1"
		}
		status, _, body, err := k.send(ctx, http.MethodGet, path, nil, map[string]string{
			"X-Auth-Token": own, "X-Subject-Token": text, "OpenStack-Identity-Access-Rules": "1.0",
		})
		switch {
		case err != nil:
			return nil, err
		case status == http.StatusOK:
			var in struct {
				Token Token `json:"token"`
			}
			if err := json.Unmarshal(body, &in); err != nil {
				return nil, away(fmt.Errorf("keystone's answer: %w", err))
			}
			return &in.Token, nil
		case status == http.StatusNotFound:
			return nil, unauthorized(errors.New("keystone does not confirm the token"))
		case status == http.StatusUnauthorized && try == 0:
			continue
		}
		return nil, away(fmt.Errorf("keystone answers %d to a confirmation", status))
	}
}

// signIn gives our own token: the one we have, unless it is about to end or anew says that it is refused.
func (k *Keystone) signIn(ctx context.Context, anew bool) (string, error) {
	k.mu.Lock()
	own := k.own
	k.mu.Unlock()
	if !anew && own.text != "" && k.Now().Add(time.Minute).Before(own.until) {
		return own.text, nil
	}
	result, err, _ := k.flights.Do("own", func() (any, error) { return k.newToken(ctx) })
	text, _ := result.(string)
	return text, err
}

func (k *Keystone) newToken(ctx context.Context) (string, error) {
	domain := map[string]string{"id": "default"}
	request, err := json.Marshal(map[string]any{"auth": map[string]any{
		"identity": map[string]any{"methods": []string{"password"}, "password": map[string]any{
			"user": map[string]any{"name": k.User, "password": k.Password, "domain": domain}}},
		"scope": map[string]any{"project": map[string]any{"name": k.Project, "domain": domain}},
	}})
	if err != nil {
		return "", err
	}
	status, header, body, err := k.send(ctx, http.MethodPost, "/v3/auth/tokens?nocatalog", request, nil)
	if err != nil {
		return "", err
	}
	var in struct {
		Token Token `json:"token"`
	}
	text := header.Get("X-Subject-Token")
	if status != http.StatusCreated || text == "" || json.Unmarshal(body, &in) != nil {
		return "", away(fmt.Errorf("keystone answers %d when %q signs in", status, k.User))
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.own = ownToken{text, in.Token.ExpiresAt}
	return text, nil
}

// send makes one request; keystone not answering is its being away.
func (k *Keystone) send(ctx context.Context, method, path string, body []byte, header map[string]string) (int, http.Header, []byte, error) {
	r, err := http.NewRequestWithContext(ctx, method, k.URL+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	for name, value := range header {
		r.Header.Set(name, value)
	}
	response, err := k.Client.Do(r)
	if err != nil {
		return 0, nil, nil, away(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(io.LimitReader(response.Body, longest))
	if err != nil {
		return 0, nil, nil, away(err)
	}
	return response.StatusCode, response.Header, content, nil
}

// away is the fault when keystone cannot be asked. As keystonemiddleware's 503.
func away(why error) error {
	return fault.New(fault.Unavailable, "ServiceUnavailable", "The Keystone service is temporarily unavailable.").Because(why)
}
