// Package storetest holds what every store must do, whatever it is built on.
package storetest

import (
	"testing"

	"cumulet/glance/store"
)

const (
	key     = "1f4a2f6c-6f0e-4d0b-9a5e-3f1f0a0b7c11.0a1b2c3d"
	another = "1f4a2f6c-6f0e-4d0b-9a5e-3f1f0a0b7c11.0a1b2c3e"
	third   = "2f4a2f6c-6f0e-4d0b-9a5e-3f1f0a0b7c11.0a1b2c3d"
)

// Run holds stores made by open, each empty, to the interface's promises.
func Run(t *testing.T, open func(t *testing.T) store.Store) {
	t.Helper()
	for name, claim := range reading() {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			claim(t, shelf{Store: s, absent: third, lay: func(t *testing.T, bits []byte) string {
				t.Helper()
				put(t, s, bits)
				return key
			}})
		})
	}
	for name, claim := range writing() {
		t.Run(name, func(t *testing.T) { claim(t, open(t)) })
	}
}

// ReadOnly is a store that takes nothing, and what the suite must know of the place it reads.
type ReadOnly struct {
	Store store.Store
	// Lay puts bits where the store finds them, and tells their key.
	Lay func(t *testing.T, bits []byte) (key string)
	// Absent is a key under which there is nothing.
	Absent string
}

// RunReadOnly holds stores that take nothing to what is left of the promises.
func RunReadOnly(t *testing.T, open func(t *testing.T) ReadOnly) {
	t.Helper()
	for name, claim := range reading() {
		t.Run(name, func(t *testing.T) {
			one := open(t)
			claim(t, shelf{Store: one.Store, lay: one.Lay, absent: one.Absent})
		})
	}
	t.Run("takes and deletes nothing", func(t *testing.T) { takesNothing(t, open(t)) })
}

// shelf is a store and how bits come to lie in it.
type shelf struct {
	store.Store
	lay    func(t *testing.T, bits []byte) (key string)
	absent string
}
