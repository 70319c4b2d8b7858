package transfer

import (
	"context"
	"errors"
	"io"

	"cumulet/glance"
	"cumulet/oslo/fault"
)

// Look reads bits that lie in a store that is only read, and tells what they are: counted, digested, and held against what the image
// says they are. As glance/location.py, _check_location_uri, asks for the size, which must be more than nothing.
func (t *Transfer) Look(ctx context.Context, m glance.LookAtBits) (glance.Bits, error) {
	s, ok := t.Stores.Named(m.Location.Store)
	if !ok || !s.ReadOnly {
		return glance.Bits{}, invalidLocation(nil)
	}
	size, err := s.Size(ctx, m.Location.Key)
	switch {
	case err != nil || size <= 0:
		return glance.Bits{}, invalidLocation(err)
	case size > t.SizeCap:
		return glance.Bits{}, glance.TooLarge()
	}
	r, err := s.Open(ctx, m.Location.Key, 0, -1)
	if err != nil {
		return glance.Bits{}, invalidLocation(err)
	}
	watched := newDigest(&capped{from: r, left: t.SizeCap})
	n, err := io.Copy(io.Discard, watched)
	err = errors.Join(err, watched.Close(), r.Close())
	switch {
	case fault.Is(err, fault.TooLarge):
		return glance.Bits{}, err
	case err != nil || n != size:
		return glance.Bits{}, invalidLocation(err)
	}
	virtualSize, err := t.inspect(m.Image, watched)
	return watched.bits(n, virtualSize), err
}

// invalidLocation is a place where no bits can be read. Why not is told to nobody, since who names a place could ask about others'
// machines so. One that may be back is told apart.
func invalidLocation(why error) error {
	if fault.Is(why, fault.Unavailable) {
		return why
	}
	return glance.Invalid("Invalid location").Because(why)
}
