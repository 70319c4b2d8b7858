package transfer

import (
	"context"
	"errors"
	"io"

	"cumulet/glance"
	"cumulet/glance/cache"
)

// Download is Open for a client: through the cache, where there is one. Images in stores whose bits are worth keeping come to lie in
// it; others are read from it when somebody had them brought there. What is withheld is not kept.
func (t *Transfer) Download(ctx context.Context, i glance.Image, offset, length int64) (io.ReadCloser, error) {
	if t.Cache == nil {
		return t.Open(ctx, i, offset, length)
	}
	if i.Status != glance.Active {
		t.Cache.Delete(i.ID)
		return t.Open(ctx, i, offset, length)
	}
	r, err := t.Cache.Open(ctx, i, offset, length, t.worthKeeping(i))
	if errors.Is(err, cache.ErrPass) {
		return t.Open(ctx, i, offset, length)
	}
	return r, err
}

// worthKeeping tells whether the store that would be read says that its bits are to be cached.
func (t *Transfer) worthKeeping(i glance.Image) bool {
	for _, l := range t.ByWeight(i.Locations) {
		if s, ok := t.store(l.Store); ok {
			return s.Cached
		}
	}
	return false
}

// Deactivate withholds an image, here at once and with other hosts' caches at their next turn.
func (t *Transfer) Deactivate(ctx context.Context, caller glance.Caller, id string) error {
	if err := t.Registry.ActivateImage(ctx, caller, id, false); err != nil {
		return err
	}
	t.uncache(id)
	return nil
}

// uncache withdraws an image from the cache, if there is one.
func (t *Transfer) uncache(id string) {
	if t.Cache != nil {
		t.Cache.Delete(id)
	}
}
