package glance

import (
	"encoding/json"
	"slices"
	"strings"
)

// StagingStore is what the staging area calls itself where stores are named, as upstream.
const StagingStore = "os_glance_staging_store"

// The ways in which bits are imported.
const (
	GlanceDirect = "glance-direct" // staged by the client before
	WebDownload  = "web-download"  // fetched from a URL
	CopyImage    = "copy-image"    // from a store that has them
)

// ImportMethods are all of them.
func ImportMethods() []string { return []string{GlanceDirect, WebDownload, CopyImage} }

// The properties by which an image tells of its import. They are the registry's: nobody else may set what begins so.
const (
	reserved        = "os_glance"
	ImportTaskID    = "os_glance_import_task"         // the task that has the image for itself
	ImportingStores = "os_glance_importing_to_stores" // comma-separated, those that are still to come
	FailedStores    = "os_glance_failed_import"       // comma-separated
)

// IsReserved tells whether a property of a name is the registry's.
func IsReserved(name string) bool { return strings.HasPrefix(name, reserved) }

// Import is what an import shall do.
type Import struct {
	Method string `json:"method"`
	URI    string `json:"uri,omitempty"` // of web-download
	// Stores are where the bits shall go, in this order.
	Stores []string `json:"stores"`
	// AllStores tells that Stores are all there are: a copy leaves those out that have the image.
	AllStores bool `json:"all_stores"`
	// AllMustSucceed undoes everything when one store fails; else the others do.
	AllMustSucceed bool `json:"all_stores_must_succeed"`
	// Asked is the request's body, which the task shows.
	Asked json.RawMessage `json:"asked"`
}

// Suits refuses an import that the state of its image does not allow.
// As glance/api/v2/images.py, ImagesController.import_image.
func (m Import) Suits(i Image) error {
	switch {
	case i.Status == Active && m.Method != CopyImage:
		return Conflict("Image with status active cannot be target for import")
	case i.Status != Active && m.Method == CopyImage:
		return Conflict("Only images with status active can be targeted for copying")
	case i.Status != Queued && m.Method == WebDownload:
		return Conflict("Image needs to be in 'queued' state to use '%s' method", m.Method)
	case i.Status != Uploading && m.Method == GlanceDirect:
		return Conflict("Image needs to be staged before 'glance-direct' method can be used")
	case i.ContainerFormat == "":
		return Conflict("'container_format' needs to be set before import")
	case i.DiskFormat == "":
		return Conflict("'disk_format' needs to be set before import")
	}
	return nil
}

// Left are the stores that are to get the image: of a copy, those that have it not. A store named for a copy that has it is
// refused.
func (m Import) Left(i Image) ([]string, error) {
	if m.Method != CopyImage {
		return m.Stores, nil
	}
	left := []string{}
	for _, name := range m.Stores {
		switch {
		case !i.In(name):
			left = append(left, name)
		case !m.AllStores:
			return nil, Invalid("Image is already present at store '%s'", name)
		}
	}
	return left, nil
}

// OwnProperties is how many properties an image has of its owner's, which are bounded.
func (i Image) OwnProperties() int {
	n := 0
	for name := range i.Properties {
		if !IsReserved(name) {
			n++
		}
	}
	return n
}

// In tells whether a store has the image's bits.
func (i Image) In(store string) bool {
	return slices.ContainsFunc(i.Locations, func(l Location) bool { return l.Store == store })
}

// List reads a property that is a list of stores.
func (i Image) List(property string) []string {
	return strings.FieldsFunc(i.Properties[property], func(r rune) bool { return r == ',' })
}

// SetList sets a property that is a list of stores; sorted and each once, as upstream.
func (i *Image) SetList(property string, stores []string) {
	i.Properties[property] = strings.Join(slices.Compact(slices.Sorted(slices.Values(stores))), ",")
}

// Unlist takes stores out of such a list.
func (i *Image) Unlist(property string, stores ...string) {
	i.SetList(property, slices.DeleteFunc(i.List(property), func(one string) bool { return slices.Contains(stores, one) }))
}

// Staged are bits in the staging area of one glance-api host.
type Staged struct {
	Host string `json:"host"`
	Key  string `json:"key"`
	Size int64  `json:"size"`
}

// Location is where they lie.
func (s Staged) Location() Location { return Location{Store: StagingStore, Key: s.Key} }
