// Package architecture holds the test that reads every import and refuses what the house's floors forbid; see
// ARCHITECTURE.md. It has no code of its own.
package architecture
