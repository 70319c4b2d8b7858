package transfer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash"
	"io"
	"log/slog"
	"slices"
	"time"

	"cumulet/glance"
	"cumulet/glance/cache"
	"cumulet/glance/registry/client"
	"cumulet/glance/signature"
	"cumulet/glance/store"
	"cumulet/glance/store/file"
	"cumulet/oslo/fault"
	"cumulet/oslo/outbound"
)

// Transfer moves bits.
type Transfer struct {
	Registry *client.Registry
	Stores   store.Set
	// Staging is where bits wait for their import; Host is the host whose staging area it is.
	Staging *file.Store
	Host    string
	// Cache keeps what clients download; nil for none.
	Cache *cache.Cache
	// Web fetches what users name.
	Web outbound.Guard
	// SizeCap bounds one image, in bytes.
	SizeCap int64
	// Signatures verifies the bits of images that are signed.
	Signatures signature.Certificates
	// StrictFormat refuses unrecognised bits for a structured disk format.
	StrictFormat bool
	Log          *slog.Logger
	// After tells when an upload is to be renewed; time.After when nil.
	After func(time.Duration) <-chan time.Time
}

// cleanup bounds what is done for an upload whose client is gone.
const cleanup = 30 * time.Second

// Upload brings an image's bits from r to a store and makes it active. size is what the client announced, -1 when
// nothing. When it fails the image is queued again and nothing of the bits is left.
func (t *Transfer) Upload(ctx context.Context, caller glance.Caller, id string, s store.Store, r io.Reader, size int64) (err error) {
	return t.receive(ctx, caller, id, s, r, size, func(u glance.Upload, b glance.Bits) error {
		_, err := t.Registry.FinishUpload(ctx, u, b)
		return err
	})
}

// Stage brings an image's bits to the staging area, where they wait for an import.
func (t *Transfer) Stage(ctx context.Context, caller glance.Caller, id string, r io.Reader, size int64) error {
	return t.receive(ctx, caller, id, t.Staging, r, size, func(u glance.Upload, b glance.Bits) error {
		return t.Registry.FinishStaging(ctx, u, glance.Staged{Host: t.Host, Key: u.Location.Key, Size: b.Size})
	})
}

// receive takes a client's bits and has finish tell the registry that they have come.
func (t *Transfer) receive(
	ctx context.Context, caller glance.Caller, id string, s store.Store, r io.Reader, size int64, finish func(glance.Upload, glance.Bits) error,
) error {
	if size > t.SizeCap {
		return glance.TooLarge()
	}
	u, err := t.Registry.BeginUpload(ctx, caller, id, s.Name())
	if err != nil {
		return err
	}
	bits, err := t.put(ctx, u, s, r, size)
	if err == nil {
		err = finish(u, bits)
		if err != nil && fault.Of(err) == nil || fault.Is(err, fault.Timeout) || fault.Is(err, fault.Unavailable) {
			// Whether the registry knows of the bits now is not known: its reconciler and Scrub settle it.
			return fmt.Errorf("finish upload of image %q: %w", id, err)
		}
	}
	if err != nil {
		t.abandon(ctx, u, s)
		return err
	}
	return nil
}

// put streams the bits into the store while the right to do so is renewed. What goes to the staging area is looked into when
// it leaves there.
func (t *Transfer) put(ctx context.Context, u glance.Upload, s store.Store, r io.Reader, size int64) (bits glance.Bits, err error) {
	counted := &capped{from: r, left: t.SizeCap}
	err = t.holding(ctx, u, counted, func(ctx context.Context) error {
		bits, err = t.keep(ctx, u, s, counted, size)
		return err
	})
	return bits, err
}

// holding does what an upload is the right to while that right is renewed, and not a moment longer.
func (t *Transfer) holding(ctx context.Context, u glance.Upload, counted *capped, do func(context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	renewed := make(chan struct{})
	go func() {
		defer close(renewed)
		t.renew(ctx, u, counted, cancel)
	}()
	defer func() { <-renewed }()
	defer cancel(nil)

	err := do(ctx)
	if cause := fault.Of(context.Cause(ctx)); err != nil && cause != nil {
		return cause
	}
	return err
}

func (t *Transfer) keep(ctx context.Context, u glance.Upload, s store.Store, r io.Reader, size int64) (glance.Bits, error) {
	if s.Name() == glance.StagingStore {
		n, err := s.Put(ctx, u.Location.Key, r, size)
		return glance.Bits{Size: n}, brokenOff(err)
	}
	signed, err := t.Signatures.Verifier(u.Image.Properties)
	if err != nil {
		return glance.Bits{}, unsigned(u.Image, err)
	}
	others := []hash.Hash{}
	if signed != nil {
		others = append(others, signed)
	}
	watched := newDigest(r, others...)
	defer watched.Close()
	n, err := s.Put(ctx, u.Location.Key, watched, size)
	if err != nil {
		return glance.Bits{}, brokenOff(err)
	}
	if signed != nil {
		if err := signed.Verify(); err != nil {
			return glance.Bits{}, unsigned(u.Image, err)
		}
	}
	virtualSize, err := t.inspect(u.Image, watched)
	if err != nil {
		return glance.Bits{}, err
	}
	return watched.bits(n, virtualSize), nil
}

// unsigned words a signature that does not hold, or cannot be verified. As glance/api/v2/image_data.py, upload.
func unsigned(i glance.Image, why error) error {
	f := fault.Of(why)
	if f == nil {
		return why
	}
	return fault.New(f.Kind, f.Name, "Signature verification failed for image %s: %s", i.ID, f.Text).Because(why)
}

// brokenOff gives an error of the client's connection its fault; it is rarely still there to read it.
func brokenOff(err error) error {
	if fault.Of(err) == nil && (errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, context.Canceled)) {
		return glance.Invalid("The image data ended before its length.").Because(err)
	}
	return err
}

// renew keeps the upload's right, telling how much has come, and cancels the upload once it is lost.
func (t *Transfer) renew(ctx context.Context, u glance.Upload, counted *capped, cancel context.CancelCauseFunc) {
	after := t.After
	if after == nil {
		after = time.After
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-after(u.Renew):
		}
		err := t.Registry.RenewUpload(ctx, u, counted.read.Load())
		if fault.Is(err, fault.Gone) {
			cancel(err)
			return
		}
		if err != nil && ctx.Err() == nil { // the registry may be back before the right is lost
			t.Log.WarnContext(ctx, "cannot renew an upload", "image", u.Image.ID, "error", err)
		}
	}
}

// abandon takes back an upload that failed, also when its client is gone. What fails here too is found by Scrub and the
// registry's reconciler.
func (t *Transfer) abandon(ctx context.Context, u glance.Upload, s store.Store) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanup)
	defer cancel()
	err := errors.Join(s.Delete(ctx, u.Location.Key), t.Registry.AbortUpload(ctx, u))
	if err != nil {
		t.Log.WarnContext(ctx, "a failed upload is left to the scrubber", "image", u.Image.ID, "error", err)
	}
}

// Open reads length bytes of an image from offset on, to its end when length is negative, from the first of the stores it
// lies in, in order of weight, that gives it. An image without bits, or whose bits are lost, is a fault of kind not-found.
func (t *Transfer) Open(ctx context.Context, i glance.Image, offset, length int64) (io.ReadCloser, error) {
	var lost error = store.NotFound("any", i.ID)
	for _, l := range t.ByWeight(i.Locations) {
		s, ok := t.store(l.Store)
		if !ok {
			continue
		}
		r, err := s.Open(ctx, l.Key, offset, length)
		if err == nil && s.ReadOnly && offset == 0 && i.Size != nil && i.HashValue != "" && (length < 0 || length >= *i.Size) {
			return newHeld(r, i), nil
		}
		if err == nil {
			return r, nil
		}
		t.Log.WarnContext(ctx, "cannot read an image", "image", i.ID, "store", l.Store, "error", err)
		lost = err
	}
	return nil, lost
}

// ByWeight sorts locations, those in stores of great weight first. As glance/common/utils.py, sort_image_locations.
func (t *Transfer) ByWeight(all []glance.Location) []glance.Location {
	weight := func(l glance.Location) int {
		s, _ := t.Stores.Named(l.Store)
		return s.Weight
	}
	sorted := slices.Clone(all)
	slices.SortStableFunc(sorted, func(a, b glance.Location) int { return cmp.Compare(weight(b), weight(a)) })
	return sorted
}

// Delete deletes an image, and its bits at once; those that cannot be deleted now are left to Scrub.
func (t *Transfer) Delete(ctx context.Context, caller glance.Caller, id string) error {
	locations, err := t.Registry.DeleteImage(ctx, caller, id)
	if err != nil {
		return err
	}
	t.uncache(id)
	t.clear(ctx, id, locations)
	return nil
}

// DeleteFromStore removes the bits that an image has in one store, and at once; when they cannot be removed now, Scrub does it.
func (t *Transfer) DeleteFromStore(ctx context.Context, caller glance.Caller, id, store string) error {
	locations, err := t.Registry.DeleteFromStore(ctx, caller, id, store)
	if err != nil {
		return err
	}
	t.clear(ctx, id, locations)
	return nil
}

// Clear removes bits where an image had them before it was changed, and has them no more. A location that was its once and is not,
// is doomed.
func (t *Transfer) Clear(ctx context.Context, before, after glance.Image) {
	gone := slices.DeleteFunc(slices.Clone(before.Locations), func(l glance.Location) bool { return slices.Contains(after.Locations, l) })
	t.clear(ctx, after.ID, gone)
}

// clear removes doomed bits. What fails is left to Scrub.
func (t *Transfer) clear(ctx context.Context, id string, locations []glance.Location) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanup)
	defer cancel()
	for _, l := range locations {
		if err := t.remove(ctx, l); err != nil {
			t.Log.WarnContext(ctx, "bits of a deleted image are left to the scrubber", "image", id, "store", l.Store, "error", err)
		}
	}
}

// remove deletes doomed bits and says so to the registry. Those in a store that is only read are somebody else's and stay.
func (t *Transfer) remove(ctx context.Context, l glance.Location) error {
	s, ok := t.store(l.Store)
	if !ok {
		return fmt.Errorf("there is no store %q here", l.Store)
	}
	if !s.ReadOnly {
		if err := s.Delete(ctx, l.Key); err != nil {
			return err
		}
	}
	return t.Registry.Forget(ctx, l)
}

// store finds a store by its name, the staging area among them.
func (t *Transfer) store(name string) (store.Backend, bool) {
	if name == glance.StagingStore {
		return store.Backend{Store: t.Staging}, true
	}
	return t.Stores.Named(name)
}
