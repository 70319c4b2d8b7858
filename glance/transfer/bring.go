package transfer

import (
	"context"
	"errors"
	"fmt"
	"io"

	"cumulet/glance"
)

// Bring brings bits to where an upload says, from a store or from the web. When it fails nothing of them is left.
func (t *Transfer) Bring(ctx context.Context, m glance.BringBits) (glance.Brought, error) {
	to, ok := t.store(m.Upload.Location.Store)
	if !ok {
		return glance.Brought{}, fmt.Errorf("there is no store %q here", m.Upload.Location.Store)
	}
	from, size, err := t.source(ctx, m)
	if err != nil {
		return glance.Brought{}, err
	}
	bits, err := t.put(ctx, m.Upload, to, from, size)
	err = errors.Join(err, from.Close())
	if err == nil && size >= 0 && bits.Size != size {
		err = glance.Invalid("%d bytes came where there should be %d.", bits.Size, size)
	}
	if err == nil {
		return glance.Brought{Host: t.Host, Bits: bits}, nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanup)
	defer cancel()
	if err := to.Delete(ctx, m.Upload.Location.Key); err != nil {
		t.Log.WarnContext(ctx, "bits of a failed import are left to the scrubber", "image", m.Upload.Image.ID, "error", err)
	}
	return glance.Brought{}, err
}

// source opens what is to be brought, and tells its size, -1 where that is not known.
func (t *Transfer) source(ctx context.Context, m glance.BringBits) (io.ReadCloser, int64, error) {
	if m.From.URL != "" {
		return t.fetch(ctx, m.From.URL)
	}
	i := m.Upload.Image
	i.Locations = m.From.Locations
	body, err := t.Open(ctx, i, 0, -1)
	if err != nil || m.From.Size == nil {
		return body, -1, err
	}
	return body, *m.From.Size, nil
}

// Drop deletes bits of the staging area that nobody needs any more. What fails is found by Scrub.
func (t *Transfer) Drop(ctx context.Context, m glance.DropBits) error {
	if m.Location.Store != glance.StagingStore {
		return fmt.Errorf("store %q is not the staging area", m.Location.Store)
	}
	return t.Staging.Delete(ctx, m.Location.Key)
}
