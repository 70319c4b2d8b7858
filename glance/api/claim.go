package api

import (
	"context"
	"net/url"
	"slices"

	"cumulet/glance"
	"cumulet/glance/store"
)

// lookAt reads the places that a patch names, tries whether the image may take them, and has their bits looked at. What a patch does
// before to the image's formats counts.
func (a *API) lookAt(ctx context.Context, i glance.Image, changes []glance.Change) error {
	will := i
	for n := range changes {
		c := &changes[n]
		text, _ := c.Value.(string)
		switch {
		case c.Name == "disk_format" && c.Operation != glance.Remove:
			will.DiskFormat = text
		case c.Name == "container_format" && c.Operation != glance.Remove:
			will.ContainerFormat = text
		case c.Name == glance.Locations:
			if err := a.try(&will, c); err != nil {
				return err
			}
		}
	}
	for _, c := range changes {
		for n := range c.Claims {
			claim := &c.Claims[n]
			if slices.Contains(i.Locations, claim.Location) {
				continue
			}
			said := i
			said.DiskFormat, said.ContainerFormat = claim.DiskFormat, claim.ContainerFormat
			found, err := a.Transfer.Look(ctx, glance.LookAtBits{Image: said, Location: claim.Location})
			if err != nil {
				return err
			}
			claim.Found = &found
		}
	}
	return nil
}

// try does a change of locations to an image that is not kept.
func (a *API) try(i *glance.Image, c *glance.Change) error {
	if err := i.MayRelocate(c.Operation); err != nil {
		return err
	}
	var items []any
	switch c.Operation {
	case glance.Add:
		items = []any{c.Value}
	case glance.Replace:
		items, _ = c.Value.([]any)
	}
	c.Value = nil
	for _, item := range items {
		claim, err := a.claim(*i, item)
		if err != nil {
			return err
		}
		c.Claims = append(c.Claims, claim)
	}
	if err := i.Relocate(*c); err != nil {
		return err
	}
	return a.Config.Limits().Holds(*i)
}

// claim reads a place that a client names, which has passed the schema.
func (a *API) claim(i glance.Image, item any) (glance.Claim, error) {
	fields, _ := item.(map[string]any)
	metadata, _ := fields["metadata"].(map[string]any)
	for name, value := range metadata {
		if _, isText := value.(string); name != "store" || !isText {
			return glance.Claim{}, glance.Invalid("The metadata of a location are the name of its store, and nothing else.")
		}
	}
	address, _ := fields["url"].(string)
	named, _ := metadata["store"].(string)
	said, _ := fields["validation_data"].(map[string]any)
	claim := glance.Claim{DiskFormat: i.DiskFormat, ContainerFormat: i.ContainerFormat}
	claim.Checksum, _ = said["checksum"].(string)
	claim.HashAlgo, _ = said["os_hash_algo"].(string)
	claim.HashValue, _ = said["os_hash_value"].(string)
	var err error
	claim.Location, err = a.locate(i, address, named)
	return claim, err
}

// locate finds the place that a URL names: one of those that the image has, or one of the web. No other is taken from anybody: by
// the URL of a file, of another image's bits or of a store's own configuration somebody could read what is not theirs
// (CVE-2014-9493, CVE-2015-1195, CVE-2014-5356), or have it deleted with their image.
func (a *API) locate(i glance.Image, address, named string) (glance.Location, error) {
	for _, l := range i.Locations {
		if a.url(l) == address && (named == "" || named == l.Store) {
			return l, nil
		}
	}
	s, ok := a.web(named)
	u, err := url.Parse(address)
	if !ok || err != nil || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.Fragment != "" || len(address) > maxAddress || !a.Transfer.Fetchable(address) {
		return glance.Location{}, glance.Invalid("Invalid location")
	}
	return glance.Location{Store: s.Name(), Key: address}, nil
}

// maxAddress bounds a URL, in bytes.
const maxAddress = 255

// web is the store of what lies on the web, that of a name if one is given.
func (a *API) web(name string) (store.Backend, bool) {
	n := slices.IndexFunc(a.Stores, func(s store.Backend) bool {
		return s.Kind() == "http" && s.ReadOnly && (name == "" || name == s.Name())
	})
	if n < 0 {
		return store.Backend{}, false
	}
	return a.Stores[n], true
}
