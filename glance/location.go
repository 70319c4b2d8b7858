package glance

import (
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
)

// Claim is a place that somebody names for the bits of an image: what they are said to be, and what was found there. An image takes
// none that nobody has looked at.
type Claim struct {
	Location Location `json:"location"`
	// Checksum, HashAlgo and HashValue are what the client says of the bits, "" where it says nothing (validation_data).
	Checksum  string `json:"checksum,omitempty"`
	HashAlgo  string `json:"os_hash_algo,omitempty"`
	HashValue string `json:"os_hash_value,omitempty"`
	// DiskFormat and ContainerFormat are what Found was held against.
	DiskFormat      string `json:"disk_format"`
	ContainerFormat string `json:"container_format"`
	Found           *Bits  `json:"found,omitempty"` // nil until somebody has looked
}

// Relocate changes where an image's bits lie, as far as its state and what it says of itself allow it. A queued image becomes active
// with its first location; nothing makes an active one queued again, since other bits could be put under its name then
// (CVE-2016-0757). As glance/api/v2/images.py, _do_add_locations, _do_replace_locations and _do_remove_locations.
func (i *Image) Relocate(c Change) error {
	if err := i.MayRelocate(c.Operation); err != nil {
		return err
	}
	switch c.Operation {
	case Add:
		return i.addLocation(c.Position, c.Claims)
	case Replace:
		return i.replaceLocations(c.Claims)
	case Remove:
		return i.removeLocation(c.Position)
	}
	return Invalid("Invalid operation: `%s`.", c.Operation)
}

// MayRelocateFirst refuses a first place in any state but queued.
func (i *Image) MayRelocateFirst() error {
	if i.Status != Queued {
		return Conflict("It's not allowed to add locations if image status is %s.", i.Status)
	}
	return nil
}

// MayRelocate refuses to change where bits lie in states that do not allow it.
func (i *Image) MayRelocate(o Operation) error {
	if i.Status != Active && (i.Status != Queued || o == Remove) {
		return Conflict("It's not allowed to %s locations if image status is %s.", o, i.Status)
	}
	return nil
}

func (i *Image) addLocation(position string, claims []Claim) error {
	if err := i.agrees(claims); err != nil {
		return err
	}
	n, ok := index(position, len(i.Locations))
	if !ok || len(claims) != 1 {
		return Invalid("Invalid position for adding a location.")
	}
	if slices.Contains(i.Locations, claims[0].Location) {
		return duplicate(claims[0])
	}
	if err := i.take(claims[0]); err != nil {
		return err
	}
	i.Locations = slices.Insert(slices.Clone(i.Locations), n, claims[0].Location)
	return nil
}

// replaceLocations gives the first locations to an image that has none, or puts those that it has into another order.
func (i *Image) replaceLocations(claims []Claim) error {
	if len(claims) == 0 {
		return Below(Forbidden("Cannot set locations to empty list."))
	}
	if err := i.agrees(claims); err != nil {
		return err
	}
	var named []Location
	for _, c := range claims {
		if slices.Contains(named, c.Location) {
			return duplicate(c)
		}
		named = append(named, c.Location)
	}
	if len(i.Locations) > 0 {
		known := func(l Location) bool { return !slices.Contains(i.Locations, l) }
		if len(named) != len(i.Locations) || slices.ContainsFunc(named, known) {
			return Invalid("Original locations is not empty")
		}
		i.Locations = named
		return nil
	}
	for _, c := range claims {
		if err := i.take(c); err != nil {
			return err
		}
		i.Locations = append(i.Locations, c.Location)
	}
	return nil
}

func (i *Image) removeLocation(position string) error {
	if len(i.Locations) == 1 {
		return Forbidden("Cannot remove last location in the image.")
	}
	if position == "-" {
		position = strconv.Itoa(len(i.Locations) - 1)
	}
	n, ok := index(position, len(i.Locations))
	if !ok || n >= len(i.Locations) {
		return Invalid("Invalid position for removing a location.")
	}
	i.Locations = slices.Delete(slices.Clone(i.Locations), n, n+1)
	return nil
}

// index reads a position in a list: "-" and what lies beyond are its end.
func index(position string, length int) (int, bool) {
	if position == "-" {
		return length, true
	}
	n, err := strconv.ParseUint(position, 10, 31)
	return min(int(n), length), err == nil
}

func duplicate(c Claim) error { return Invalid("The location %s already exists", c.Location.Key) }

// take makes what was found at a place the image's: of its first place all, and of further ones nothing, but they must hold the same
// bits. Where nobody has looked yet, no more is asked than whether there is a point in it.
func (i *Image) take(c Claim) error {
	first := len(i.Locations) == 0
	if i.Status == Queued {
		if err := i.Become(Active); err != nil {
			return err
		}
	}
	b := c.Found
	if b == nil {
		return nil
	}
	switch {
	case c.DiskFormat != i.DiskFormat || c.ContainerFormat != i.ContainerFormat:
		return Conflict("Image %s has got another format meanwhile.", i.ID)
	case c.HashValue != "" && !strings.EqualFold(c.HashValue, b.HashValue):
		return Conflict("os_hash_value: (%s) not matched with actual os_hash_value: (%s)", c.HashValue, b.HashValue)
	case c.Checksum != "" && !strings.EqualFold(c.Checksum, b.Checksum):
		return Conflict("checksum: (%s) not matched with actual checksum: (%s)", c.Checksum, b.Checksum)
	case !first && (i.HashValue != b.HashValue || i.Size == nil || *i.Size != b.Size):
		return Conflict("The bits there are not those of image %s.", i.ID)
	case first:
		i.Fill(*b)
	}
	return nil
}

// digests are what a claim says of the bits, by the API's names.
func (c Claim) digests() [3]string { return [3]string{c.Checksum, c.HashAlgo, c.HashValue} }

// agrees refuses claims that contradict each other or the image. As glance/api/v2/images.py, _validate_validation_data.
func (i *Image) agrees(claims []Claim) error {
	names := [3]string{"checksum", "os_hash_algo", "os_hash_value"}
	has := Claim{Checksum: i.Checksum, HashAlgo: i.HashAlgo, HashValue: i.HashValue}.digests()
	var said Claim
	var all [3]string
	for _, c := range claims {
		for n, value := range c.digests() {
			if value != "" && all[n] != "" && all[n] != value {
				return Conflict("Conflicting values for %s", names[n])
			}
			if value != "" {
				all[n] = value
			}
		}
	}
	var news []string
	for n, value := range all {
		switch {
		case value == "" || value == has[n]:
		case has[n] != "":
			return Conflict("%s is already set with a different value", names[n])
		default:
			news = append(news, names[n])
		}
	}
	if len(news) == 0 {
		return nil
	}
	if i.Status != Queued {
		return Conflict("New value(s) for %s may only be provided when image status is 'queued'", strings.Join(news, ", "))
	}
	said.Checksum, said.HashAlgo, said.HashValue = all[0], all[1], all[2]
	return said.wellFormed()
}

// HashAlgo is by which images are digested (hashing_algorithm).
const HashAlgo = "sha512"

// wellFormed refuses digests that can be nobody's.
func (c Claim) wellFormed() error {
	if c.Checksum != "" {
		if sum, err := hex.DecodeString(c.Checksum); err != nil {
			return Conflict("checksum (%s) is not a valid hexadecimal value", c.Checksum)
		} else if len(sum) != 16 {
			return Conflict("checksum (%s) is not the correct size for md5 (should be 16 bytes)", c.Checksum)
		}
	}
	if c.HashAlgo != HashAlgo {
		return Conflict("os_hash_algo must be %s, not %s", HashAlgo, c.HashAlgo)
	}
	if sum, err := hex.DecodeString(c.HashValue); err != nil {
		return Conflict("os_hash_value (%s) is not a valid hexadecimal value", c.HashValue)
	} else if len(sum) != 64 {
		return Conflict("os_hash_value (%s) is not the correct size for %s (should be 64 bytes)", c.HashValue, HashAlgo)
	}
	return nil
}

// Holds refuses more locations than one image may have.
func (l Limits) Holds(i Image) error {
	if n := len(i.Locations); l.Locations >= 0 && n > l.Locations {
		return OverLimit("locations", n, l.Locations)
	}
	return nil
}
