// Package password hashes passwords with bcrypt in a bounded lane: each hash burns a core for a quarter of a second, so
// a flood of logins waits for its turn here and leaves the rest of the process its time. It stores nothing.
package password

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"

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

	once   sync.Once
	lane   *semaphore.Weighted
	nobody []byte // hash of a password that nobody knows
}

// Hash makes the hash to store.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	leave, err := h.enter(ctx)
	if err != nil {
		return "", err
	}
	defer leave()
	hash, err := bcrypt.GenerateFromPassword(h.cut(password), h.Cost)
	return string(hash), err
}

// Check tells whether password is the one that hash was made of. An empty hash matches nothing, in the same time: who
// asks about an unknown user must not learn so from the clock.
func (h *Hasher) Check(ctx context.Context, password, hash string) (bool, error) {
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
	lanes := h.Lanes
	if lanes == 0 {
		lanes = runtime.NumCPU()
	}
	h.lane = semaphore.NewWeighted(int64(lanes))
	nobody, err := bcrypt.GenerateFromPassword([]byte("nobody"), h.Cost)
	if err != nil {
		panic(fmt.Sprintf("password: cost %d: %v", h.Cost, err))
	}
	h.nobody = nobody
}

// cut shortens a password to what counts.
func (h *Hasher) cut(password string) []byte {
	limit := longest
	if h.MaxLength > 0 {
		limit = min(limit, h.MaxLength)
	}
	return []byte(password[:min(len(password), limit)])
}
