// Package manager holds placement's rules: what may be changed, by whose generation, and who could hold a request. Each
// change is one transaction that compares the generations it was asked with; candidates are computed from a fixed number
// of reads, however many providers there are.
package manager

import (
	"context"
	"fmt"
	"slices"
	"time"

	"cumulet/oslo/fault"
	"cumulet/placement"
	"cumulet/placement/db"
)

// Manager is placement's rules over its database.
type Manager struct {
	DB    *db.DB
	NewID func() string // a UUID
	Now   func() time.Time
	// MaxCandidates bounds the answer to a question without a limit of its own; 100,000 when zero.
	MaxCandidates int
}

// bump raises the generation of a provider that was read in this transaction, and the noun's with it.
func (m *Manager) bump(ctx context.Context, tx *db.Tx, p *placement.ResourceProvider) error {
	now := m.Now()
	ok, err := tx.BumpProvider(ctx, p.ID, p.Generation, now)
	if err != nil {
		return err
	}
	if !ok {
		return placement.Conflicting(placement.ConcurrentUpdate,
			"Another thread concurrently updated the resource provider data. Please retry your update")
	}
	p.Generation, p.UpdatedAt = p.Generation+1, now
	return nil
}

// reword gives a fault another kind and puts its text into a sentence; what is no fault stays.
func reword(err error, kind fault.Kind, name, format string, args ...any) error {
	f := fault.Of(err)
	if f == nil {
		return err
	}
	return fault.New(kind, name, "%s", fmt.Sprintf(format, append(args, f.Text)...)).Because(err)
}

// named is the fault's own name, for rewording that keeps it.
func named(err error) string {
	if f := fault.Of(err); f != nil {
		return f.Name
	}
	return ""
}

// knownClasses refuses classes that do not exist.
func knownClasses(ctx context.Context, d interface {
	CustomResourceClass(context.Context, string) (placement.ResourceClass, error)
}, classes []string) error {
	standard := placement.StandardResourceClasses()
	for _, c := range classes {
		if slices.Contains(standard, c) {
			continue
		}
		if _, err := d.CustomResourceClass(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

// knownTraits refuses traits that do not exist.
func knownTraits(ctx context.Context, d interface {
	CustomTraits(context.Context) ([]placement.Trait, error)
}, names []string) error {
	standard := placement.StandardTraits()
	unknown := slices.DeleteFunc(slices.Clone(names), func(n string) bool {
		_, found := slices.BinarySearch(standard, n)
		return found
	})
	if len(unknown) == 0 {
		return nil
	}
	custom, err := d.CustomTraits(ctx)
	if err != nil {
		return err
	}
	for _, t := range custom {
		unknown = slices.DeleteFunc(unknown, func(n string) bool { return n == t.Name })
	}
	if len(unknown) > 0 {
		return placement.NoTrait(unknown...)
	}
	return nil
}
