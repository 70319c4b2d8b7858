package main

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"cumulet/glance"
	"cumulet/glance/store"
	"cumulet/glance/store/file"
	"cumulet/glance/store/http"
	"cumulet/glance/store/rbd"
	"cumulet/glance/store/s3"
	"cumulet/glance/store/swift"
	"cumulet/glance/transfer"
)

// GlanceConfig is the section glance: the service's own options, and its stores, of which the service knows no kinds.
type GlanceConfig struct {
	glance.Config
	DefaultBackend string `conf:"default_backend" doc:"the store of images for which none is asked; where there is one that takes images, that"`
	// EnabledBackends are upstream's option of the name and its sections in one.
	EnabledBackends map[string]BackendConfig `conf:"enabled_backends" doc:"the stores by their names in the API; a file store named file in images_dir when there is none"`
}

// BackendConfig is one store. The options of its kind stand in a section named like the kind.
type BackendConfig struct {
	Kind        string         `conf:"kind" doc:"file, swift, s3, rbd or http"`
	Description string         `conf:"store_description" doc:"what users are told of it"`
	Weight      int            `conf:"weight" doc:"an image that lies in several stores is read from the one of the greatest weight"`
	ReadOnly    bool           `conf:"read_only" doc:"take no images and remove none; stores of kind http never do"`
	File        *file.Options  `conf:"file" doc:"options of the kind file"`
	Swift       *swift.Options `conf:"swift" doc:"options of the kind swift"`
	S3          *s3.Options    `conf:"s3" doc:"options of the kind s3"`
	RBD         *rbd.Options   `conf:"rbd" doc:"options of the kind rbd"`
	HTTP        *http.Options  `conf:"http" doc:"options of the kind http"`
}

// The kinds of stores.
const (
	fileKind  = "file"
	swiftKind = "swift"
	s3Kind    = "s3"
	rbdKind   = "rbd"
	httpKind  = "http"
)

// backendForm is what a store may be called: the name goes into headers and locations. Upstream keeps os_glance_ for itself.
var backendForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$`)

// Check refuses a store of no kind, or with options of another's.
func (b *BackendConfig) Check() error {
	sections := map[string]bool{fileKind: b.File != nil, swiftKind: b.Swift != nil, s3Kind: b.S3 != nil, rbdKind: b.RBD != nil, httpKind: b.HTTP != nil}
	if _, ok := sections[b.Kind]; !ok {
		return fmt.Errorf("kind: %q is none of %s", b.Kind, strings.Join(slices.Sorted(maps.Keys(sections)), ", "))
	}
	for _, kind := range slices.Sorted(maps.Keys(sections)) {
		if sections[kind] && kind != b.Kind {
			return fmt.Errorf("%s: these are no options of the kind %s", kind, b.Kind)
		}
	}
	switch {
	case b.Kind == swiftKind && b.Swift != nil:
		return b.Swift.Check()
	case b.Kind == s3Kind && b.S3 != nil:
		return b.S3.Check()
	case b.Kind == rbdKind && b.RBD != nil:
		return b.RBD.Check()
	case b.Kind == swiftKind || b.Kind == s3Kind:
		return fmt.Errorf("%s: its options are missing", b.Kind)
	}
	return nil
}

// takes tells whether images can be put there.
func (b *BackendConfig) takes() bool { return !b.ReadOnly && b.Kind != httpKind }

// place is where a store keeps its bits. Two stores of one place would take each other's for left over.
func (b *BackendConfig) place(imagesDir string) string {
	switch b.Kind {
	case fileKind:
		dir := imagesDir
		if b.File != nil && b.File.Dir != "" {
			dir = b.File.Dir
		}
		return "file " + filepath.Clean(dir)
	case swiftKind:
		return "swift " + b.Swift.Place()
	case s3Kind:
		return "s3 " + b.S3.Place()
	case rbdKind:
		o := given(b.RBD)
		return "rbd " + o.Place()
	}
	return ""
}

// Check refuses stores that do not go together.
func (c *GlanceConfig) Check() error {
	if err := c.Config.Check(); err != nil {
		return err
	}
	for _, name := range c.CacheStores {
		if _, ok := c.EnabledBackends[name]; !ok && (len(c.EnabledBackends) > 0 || name != fileKind) {
			return fmt.Errorf("image_cache_stores: there is no store %q under enabled_backends", name)
		}
	}
	if len(c.EnabledBackends) == 0 {
		if c.DefaultBackend != "" && c.DefaultBackend != fileKind {
			return fmt.Errorf("default_backend: there is no store %q under enabled_backends", c.DefaultBackend)
		}
		return nil
	}
	places := map[string]string{}
	if c.CacheDir != "" {
		places["file "+filepath.Clean(c.CacheDir)] = "the cache"
	}
	if c.StagingDir != "" {
		places["file "+filepath.Clean(c.StagingDir)] = "the staging area"
	}
	for _, name := range slices.Sorted(maps.Keys(c.EnabledBackends)) {
		b := c.EnabledBackends[name]
		if !backendForm.MatchString(name) || strings.HasPrefix(name, "os_glance_") {
			return fmt.Errorf("enabled_backends.%s: this is no name for a store: letters, digits, dots, dashes, no os_glance_ in front", name)
		}
		place := b.place(c.ImagesDir)
		if other, ok := places[place]; ok && place != "" {
			return fmt.Errorf("enabled_backends.%s: it keeps its images where %s does; each would remove the other's", name, other)
		}
		places[place] = name
	}
	_, err := c.defaultBackend()
	return err
}

// defaultBackend is the store that takes what names none.
func (c *GlanceConfig) defaultBackend() (string, error) {
	if c.DefaultBackend != "" {
		b, ok := c.EnabledBackends[c.DefaultBackend]
		if !ok || !b.takes() {
			return "", fmt.Errorf("default_backend: there is no store %q under enabled_backends that takes images", c.DefaultBackend)
		}
		return c.DefaultBackend, nil
	}
	var taking []string
	for name, b := range c.EnabledBackends {
		if b.takes() {
			taking = append(taking, name)
		}
	}
	if len(taking) != 1 {
		return "", errors.New("default_backend: name one of the stores that take images")
	}
	return taking[0], nil
}

// in gives the folders that are not named theirs in the data folder.
func (c GlanceConfig) in(d dataDir) GlanceConfig {
	c.ImagesDir = cmp.Or(c.ImagesDir, d.path("images"))
	c.StagingDir = cmp.Or(c.StagingDir, d.path("staging"))
	return c
}

// stores opens the stores, the default first.
func (c *GlanceConfig) stores() (store.Set, error) {
	if len(c.EnabledBackends) == 0 {
		one, err := c.files(fileKind, nil)
		return store.Set{{Store: one, Cached: c.cached(fileKind, fileKind)}}, err
	}
	first, err := c.defaultBackend()
	if err != nil {
		return nil, err
	}
	names := slices.Sorted(maps.Keys(c.EnabledBackends))
	names = slices.Concat([]string{first}, slices.DeleteFunc(names, func(name string) bool { return name == first }))
	var all store.Set
	for _, name := range names {
		b := c.EnabledBackends[name]
		opened, err := c.open(name, b)
		if err != nil {
			return nil, fmt.Errorf("glance.enabled_backends.%s: %w", name, err)
		}
		all = append(all, store.Backend{Store: opened, Description: b.Description, Weight: b.Weight, ReadOnly: !b.takes(), Cached: c.cached(name, b.Kind)})
	}
	return all, nil
}

// cached tells whether what is read from a store is to be cached.
func (c *GlanceConfig) cached(name, kind string) bool {
	if len(c.CacheStores) > 0 {
		return slices.Contains(c.CacheStores, name)
	}
	return kind != fileKind
}

// open makes the store of a kind.
func (c *GlanceConfig) open(name string, b BackendConfig) (store.Store, error) {
	switch b.Kind {
	case swiftKind:
		return swift.Open(name, *b.Swift)
	case s3Kind:
		return s3.Open(name, *b.S3)
	case rbdKind:
		return rbd.Open(name, given(b.RBD)), nil
	case httpKind:
		web, err := transfer.Web(c.Web)
		if err != nil {
			return nil, err
		}
		return http.Open(name, given(b.HTTP), web.Filter)
	}
	return c.files(name, b.File)
}

// files is a file store, by default in the folder that the service has always had.
func (c *GlanceConfig) files(name string, o *file.Options) (*file.Store, error) {
	one := &file.Store{StoreName: name, Dir: c.ImagesDir, Reserve: c.ReserveBytes}
	if o != nil && o.Dir != "" {
		one.Dir = o.Dir
	}
	if o != nil && o.Reserve != 0 {
		one.Reserve = int64(o.Reserve)
	}
	return one, one.Prepare()
}

// given are options, or the defaults where a section was left out.
func given[T any](options *T) T {
	if options == nil {
		return *new(T)
	}
	return *options
}
