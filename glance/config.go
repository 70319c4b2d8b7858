package glance

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Config is the section "glance" of the configuration. The names in comments are upstream's options.
type Config struct {
	// ImagesDir is where the file store keeps images (filesystem_store_datadir).
	ImagesDir string `conf:"images_dir" doc:"folder of the file store; empty puts it into the data directory"`
	// ReserveBytes are never taken of the file system's free space.
	ReserveBytes int64 `conf:"reserve_bytes" doc:"free space in bytes that uploads leave on the file store's disk"`
	// SizeCapBytes bounds one image (image_size_cap).
	SizeCapBytes int64 `conf:"image_size_cap" doc:"largest image in bytes"`
	// PropertyLimit, TagLimit, MemberLimit, LocationLimit bound what one image carries; negative is no bound (image_*_quota).
	PropertyLimit int `conf:"image_property_quota" doc:"properties of one image; negative is no limit"`
	LocationLimit int `conf:"image_location_quota" doc:"places of one image's bits that clients may name; negative is no limit"`
	TagLimit      int `conf:"image_tag_quota" doc:"tags of one image; negative is no limit"`
	MemberLimit   int `conf:"image_member_quota" doc:"projects one image is shared with; negative is no limit"`
	// KeystoneLimits has what projects have be held to the limits that keystone keeps (use_keystone_limits).
	KeystoneLimits bool `conf:"use_keystone_limits" doc:"hold projects to their limits in keystone; what has none there may not be had"`
	// PageLimit and PageMax bound lists (limit_param_default, api_limit_max).
	PageLimit int `conf:"limit_param_default" doc:"images in a page when the client asks for no number"`
	PageMax   int `conf:"api_limit_max" doc:"images in a page at most"`
	// StrictFormat refuses images whose bits are of no known format though they declare one (require_image_format_match).
	// Bits of another known format than declared are refused always.
	StrictFormat bool `conf:"require_image_format_match" doc:"refuse unrecognised bits for a structured disk format"`
	// CertificatesDir is where the certificates lie that images are signed with, UUID.pem each, as upstream's key manager has
	// them; TrustedDir where those lie by which they must be signed.
	CertificatesDir string `conf:"signature_certificates_dir" doc:"folder of the certificates that images are signed with, UUID.pem each; no signed image is taken when empty"`
	TrustedDir      string `conf:"signature_trusted_dir" doc:"folder of the certificates (*.pem) that must have signed these; all are trusted when empty"`
	// ShowDirectURL shows where the bits lie as direct_url (show_image_direct_url).
	ShowDirectURL bool `conf:"show_image_direct_url" doc:"show the store's address of the bits as direct_url"`
	// DelayedDelete keeps the bits of deleted images for ScrubTime (delayed_delete, scrub_time).
	DelayedDelete bool          `conf:"delayed_delete" doc:"keep the bits of what is deleted for scrub_time"`
	ScrubTime     time.Duration `conf:"scrub_time" doc:"how long deleted bits are kept where delayed_delete is on"`
	// ShowLocations shows where the bits lie as locations, and has clients change them (show_multiple_locations).
	ShowLocations bool `conf:"show_multiple_locations" doc:"show the places of an image's bits as locations, and let clients add places of the web"`
	// ImportMethods are the ways to import (enabled_import_methods). StagingDir is where bits wait for it (node_staging_uri);
	// ImportDeadline bounds how long they may be on their way, Imports how many a registry sees to at once, and TaskLife how
	// long an import that has ended is shown (task_time_to_live).
	ImportMethods  []string      `conf:"enabled_import_methods" doc:"ways to import images: glance-direct, web-download, copy-image"`
	StagingDir     string        `conf:"staging_dir" doc:"folder where bits wait to be imported; empty puts it into the data directory"`
	ImportDeadline time.Duration `conf:"import_deadline" doc:"how long fetching or storing one image may take"`
	Imports        int           `conf:"imports" doc:"imports that one registry sees to at once"`
	TaskLife       time.Duration `conf:"task_time_to_live" doc:"how long an import that has ended is shown"`
	// ImportPlugins are what is done with each image that is imported, in this order (image_import_plugins).
	ImportPlugins []string         `conf:"image_import_plugins" doc:"what is done with imported images, in this order: image_decompression, image_conversion, inject_image_metadata, no_op"`
	Conversion    ConversionConfig `conf:"image_conversion" doc:"what the plugin of this name does"`
	Injection     InjectionConfig  `conf:"inject_metadata_properties" doc:"what the plugin inject_image_metadata does"`
	// Web is what web-download may fetch.
	Web WebConfig `conf:"import_filtering" doc:"what web-download may fetch"`
	// CacheDir is where this host keeps what it fetched from stores (image_cache_dir), CacheMaxBytes how much of it at most
	// (image_cache_max_size), CacheStallTime how long a fetch may stand still (image_cache_stall_time), and CacheStores whose images
	// are kept.
	CacheDir       string        `conf:"image_cache_dir" doc:"folder where this glance-api keeps images that it fetched from stores far away, its own; no cache when empty"`
	CacheMaxBytes  int64         `conf:"image_cache_max_size" doc:"bytes that the cache takes at most; the least recently used image goes first"`
	CacheStallTime time.Duration `conf:"image_cache_stall_time" doc:"how long nothing may come of an image before its fetch into the cache is given up"`
	CacheStores    []string      `conf:"image_cache_stores" doc:"stores whose images are kept in the cache; all but those of kind file when empty"`
	// UploadLease is how long an upload may be silent before its image is queued again.
	UploadLease time.Duration `conf:"upload_lease" doc:"silence after which an upload is taken to have died"`
	// PublisherID is who notifications are from (default_publisher_id); DisabledNotifications are not told (disabled_notifications).
	PublisherID           string   `conf:"default_publisher_id" doc:"who notifications are from"`
	DisabledNotifications []string `conf:"disabled_notifications" doc:"kinds and groups of notifications that are not told: image.create, image"`
	// ReconcileEvery is how often leftovers are looked for.
	ReconcileEvery time.Duration `conf:"reconcile_every" doc:"how often dead uploads and leftover bits are looked for"`
}

// DefaultConfig is the configuration where nothing else is said, upstream's defaults where it has them.
func DefaultConfig() Config {
	return Config{
		ReserveBytes: 256 << 20, SizeCapBytes: 1 << 40,
		PropertyLimit: 128, TagLimit: 128, MemberLimit: 128, LocationLimit: 10,
		PageLimit: 25, PageMax: 1000,
		PublisherID:    "image.localhost",
		ImportMethods:  []string{GlanceDirect, WebDownload, CopyImage},
		ImportDeadline: 12 * time.Hour, Imports: 8, TaskLife: 48 * time.Hour,
		Conversion:    ConversionConfig{OutputFormat: "raw"},
		Injection:     InjectionConfig{IgnoreUserRoles: []string{"admin"}},
		Web:           DefaultWebConfig(),
		CacheMaxBytes: 10 << 30, CacheStallTime: 24 * time.Hour,
		UploadLease: time.Minute, ReconcileEvery: time.Minute,
	}
}

// Check refuses what makes no sense.
func (c *Config) Check() error {
	for _, method := range c.ImportMethods {
		if !slices.Contains(ImportMethods(), method) {
			return fmt.Errorf("enabled_import_methods: there is no %q; there are: %s", method, strings.Join(ImportMethods(), ", "))
		}
	}
	for n, plugin := range c.ImportPlugins {
		switch {
		case !slices.Contains(ImportPlugins(), plugin):
			return fmt.Errorf("image_import_plugins: there is no %q; there are: %s", plugin, strings.Join(ImportPlugins(), ", "))
		case slices.Contains(c.ImportPlugins[:n], plugin):
			return fmt.Errorf("image_import_plugins: %q stands there twice", plugin)
		}
	}
	if c.ScrubTime < 0 {
		return errors.New("scrub_time: must not be less than nothing")
	}
	if c.Imports < 1 || c.ImportDeadline <= 0 || c.TaskLife < 0 {
		return errors.New("imports, import_deadline, task_time_to_live: must be more than nothing")
	}
	if c.CacheMaxBytes < 0 || c.CacheStallTime <= 0 {
		return errors.New("image_cache_max_size, image_cache_stall_time: must not be less than nothing")
	}
	return nil
}

// ImportRules are what is done with every image that is imported.
func (c Config) ImportRules() ImportRules {
	return ImportRules{Plugins: c.ImportPlugins, Conversion: c.Conversion, Injection: c.Injection}
}

// Limits are the bounds of one image.
func (c Config) Limits() Limits {
	return Limits{Properties: c.PropertyLimit, Tags: c.TagLimit, Members: c.MemberLimit, Locations: c.LocationLimit}
}
