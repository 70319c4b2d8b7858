package transfer

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"cumulet/glance/store"
)

// batch is how many keys the registry is asked about at once.
const batch = 500

// Scrub removes bits that nobody needs: those of deleted images, and what dead uploads left in the stores. It is what
// a service.Reconciler runs beside glance-api.
func (t *Transfer) Scrub(ctx context.Context) error {
	var failed error
	for _, s := range t.Stores {
		failed = errors.Join(failed, t.removeDoomed(ctx, s.Name()))
	}
	for _, s := range append(slices.Clone(t.Stores), store.Backend{Store: t.Staging}) {
		if !s.ReadOnly {
			failed = errors.Join(failed, t.scrub(ctx, s))
		}
	}
	return failed
}

// removeDoomed removes from one store the bits of deleted images.
func (t *Transfer) removeDoomed(ctx context.Context, store string) error {
	doomed, err := t.Registry.Doomed(ctx, store, batch)
	if err != nil {
		return err
	}
	var failed error
	for _, l := range doomed {
		if err := t.remove(ctx, l); err != nil {
			failed = errors.Join(failed, fmt.Errorf("delete %q from store %q: %w", l.Key, l.Store, err))
		}
	}
	return failed
}

// scrub removes from one store what neither an image nor an upload knows.
func (t *Transfer) scrub(ctx context.Context, s store.Store) error {
	var keys []string
	for key, err := range s.Keys(ctx) {
		if err != nil {
			return err
		}
		if keys = append(keys, key.Name); len(keys) == batch {
			if err := t.drop(ctx, s, keys); err != nil {
				return err
			}
			keys = keys[:0]
		}
	}
	return t.drop(ctx, s, keys)
}

// drop removes the orphans among keys. Keys are listed before the registry is asked, and an upload is known to it before
// it writes, so what it does not know then is nobody's.
func (t *Transfer) drop(ctx context.Context, s store.Store, keys []string) error {
	if len(keys) == 0 {
		return nil
	}
	orphans, err := t.Registry.Orphans(ctx, s.Name(), keys)
	if err != nil {
		return err
	}
	for _, key := range orphans {
		t.Log.InfoContext(ctx, "removing bits that no image has", "store", s.Name(), "key", key)
		if err := s.Delete(ctx, key); err != nil {
			return err
		}
	}
	return nil
}
