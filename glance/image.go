package glance

import (
	"slices"
	"time"
)

// Image is a guest image as the registry knows it: it exists before its bits do.
type Image struct {
	ID              string     `json:"id"`
	Name            *string    `json:"name"`
	Owner           string     `json:"owner"` // project id; "" when nobody's
	Status          Status     `json:"status"`
	Visibility      Visibility `json:"visibility"`
	DiskFormat      string     `json:"disk_format"`      // "" until set
	ContainerFormat string     `json:"container_format"` // "" until set
	MinDiskGiB      int        `json:"min_disk"`
	MinRAMMiB       int        `json:"min_ram"`
	Protected       bool       `json:"protected"` // not deletable
	Hidden          bool       `json:"os_hidden"` // not in default lists
	// Size, VirtualSize (both in bytes) and the digests are set when the bits have come, not before.
	Size        *int64            `json:"size"`
	VirtualSize *int64            `json:"virtual_size"`
	Checksum    string            `json:"checksum"` // MD5, for clients that know no better
	HashAlgo    string            `json:"os_hash_algo"`
	HashValue   string            `json:"os_hash_value"`
	Properties  map[string]string `json:"properties"` // what the API calls additional properties
	Tags        []string          `json:"tags"`       // sorted
	Locations   []Location        `json:"locations"`
	CreatedAt   time.Time         `json:"created_at"`
	UpdatedAt   time.Time         `json:"updated_at"`
	// Member is the caller's project when the image is shared with it, else "".
	Member string `json:"member,omitempty"`
}

// Identity is the image's id and its project's, for the event log.
func (i Image) Identity() (id, projectID string) { return i.ID, i.Owner }

// Location is where the bits of an image lie: a key within a store.
type Location struct {
	Store string `json:"store"`
	Key   string `json:"key"`
}

// Visibility says who may see an image besides its owner.
type Visibility string

// The visibilities: everybody; everybody who asks for it; its members; nobody else.
const (
	Public    Visibility = "public"
	Community Visibility = "community"
	Shared    Visibility = "shared"
	Private   Visibility = "private"
)

// Caller is who asks, as the API has confirmed it.
type Caller struct {
	ProjectID string `json:"project_id"`
	UserID    string `json:"user_id"`
	Admin     bool   `json:"admin"`
	// Hold is what a request with an Idempotency-Key is done under.
	Hold *Hold `json:"hold,omitempty"`
}

// Owns tells whether the image is the caller's project's.
func (c Caller) Owns(i Image) bool { return i.Owner != "" && i.Owner == c.ProjectID }

// Sees tells whether an image exists for the caller. A shared image is seen by its members, which i.Member tells.
func (c Caller) Sees(i Image) bool {
	return c.Admin || c.Owns(i) || i.Visibility == Public || i.Visibility == Community ||
		i.Visibility == Shared && i.Member != "" && i.Member == c.ProjectID
}

// Limits bound what one image may carry. Negative is no limit, as glance's image_*_quota.
type Limits struct {
	Properties, Tags, Members, Locations int
}

// SetTags makes tags the image's, sorted and each once.
func (i *Image) SetTags(tags []string) {
	i.Tags = slices.Compact(slices.Sorted(slices.Values(tags)))
	if i.Tags == nil {
		i.Tags = []string{}
	}
}
