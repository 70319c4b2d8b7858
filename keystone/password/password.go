// Package password hashes passwords with bcrypt in a bounded lane: each hash burns a core for a quarter of a second, so
// a flood of logins waits for its turn here and leaves the rest of the process its time. It stores nothing; for a while it
// remembers that a password was right, so that a program which signs in again and again does not hash each time.
package password

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/bcrypt"
	"golang.org/x/sync/semaphore"
)

// longest is what bcrypt reads of a password, in bytes.
const longest = 72

// Hasher hashes and checks.
type Hasher struct {
	// Cost of bcrypt; each step doubles the time. 12 when zero.
	Cost int
	// MaxLength of a password in bytes; what is longer is cut, as bcrypt would. As keystone/common/password_hashing.py.
	MaxLength int
	// Lanes is how many hashes are computed at once; one per core when zero.
	Lanes int
	// Memory is how long a password that was right is taken for right unhashed; not at all when zero.
	Memory time.Duration
	Now    func() time.Time

	once   sync.Once
	lane   *semaphore.Weighted
	nobody []byte // hash of a password that nobody knows
	seen   proofs
}

// Hash makes the hash to store.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	leave, err := h.enter(ctx)
	if err != nil {
		return "", err
	}
	defer leave()
	hash, err := bcrypt.GenerateFromPassword(h.cut(password), h.Cost)
	if err == nil {
		h.Vouch(password, string(hash))
	}
	return string(hash), err
}

// Check tells whether password is the one that hash was made of. An empty hash matches nothing, in the same time: who
// asks about an unknown user must not learn so from the clock.
func (h *Hasher) Check(ctx context.Context, password, hash string) (bool, error) {
	if h.Memory == 0 {
		return h.check(ctx, password, hash)
	}
	proof := h.seen.proof(h.cut(password), hash)
	if h.seen.holds(proof, h.Now()) {
		return true, nil
	}
	right, err := h.check(ctx, password, hash)
	if right {
		h.seen.keep(proof, h.Now().Add(h.Memory))
	}
	return right, err
}

// Vouch has a password be taken for the one that hash was made of, for as long as one that was checked: the caller has proof of it.
func (h *Hasher) Vouch(password, hash string) {
	if h.Memory > 0 {
		h.seen.keep(h.seen.proof(h.cut(password), hash), h.Now().Add(h.Memory))
	}
}

func (h *Hasher) check(ctx context.Context, password, hash string) (bool, error) {
	leave, err := h.enter(ctx)
	if err != nil {
		return false, err
	}
	defer leave()
	known := []byte(hash)
	if hash == "" {
		known = h.nobody
	}
	err = bcrypt.CompareHashAndPassword(known, h.cut(password))
	switch {
	case err == nil:
		return hash != "", nil
	case errors.Is(err, bcrypt.ErrMismatchedHashAndPassword):
		return false, nil
	}
	return false, fmt.Errorf("check password: %w", err)
}

// enter waits for a turn.
func (h *Hasher) enter(ctx context.Context) (leave func(), err error) {
	h.once.Do(h.open)
	if err := h.lane.Acquire(ctx, 1); err != nil {
		return nil, fmt.Errorf("wait to hash a password: %w", err)
	}
	return func() { h.lane.Release(1) }, nil
}

func (h *Hasher) open() {
	if h.Cost == 0 {
		h.Cost = 12
	}
	h.lane = semaphore.NewWeighted(int64(h.lanes()))
	if h.Cost < bcrypt.MinCost || h.Cost > bcrypt.MaxCost {
		panic(fmt.Sprintf("password: bcrypt has no cost %d", h.Cost))
	}
	// Whatever stands after the cost is the hash of something, and of what is not known to anybody.
	h.nobody = fmt.Appendf(nil, "$2a$%02d$%s", h.Cost, strings.Repeat("nobody..", 7)[:53])
}

func (h *Hasher) lanes() int { return cmp.Or(h.Lanes, runtime.NumCPU()) }

// cut shortens a password to what counts.
func (h *Hasher) cut(password string) []byte {
	limit := longest
	if h.MaxLength > 0 {
		limit = min(limit, h.MaxLength)
	}
	return []byte(password[:min(len(password), limit)])
}
