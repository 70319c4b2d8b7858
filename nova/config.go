package nova

import (
	"fmt"
	"slices"
	"time"
)

// Config is nova's section of the configuration.
type Config struct {
	CPURatio          float64 `conf:"cpu_allocation_ratio" doc:"virtual processors promised per real one"`
	RAMRatio          float64 `conf:"ram_allocation_ratio" doc:"memory promised per real memory"`
	DiskRatio         float64 `conf:"disk_allocation_ratio" doc:"disk promised per real disk"`
	ReservedMemoryMiB int     `conf:"reserved_host_memory_mb" doc:"memory kept for the host itself"`
	ReservedDiskGiB   int     `conf:"reserved_host_disk_gb" doc:"GiB of disk kept for the host itself"`

	VIFPluggingTimeout time.Duration `conf:"vif_plugging_timeout" doc:"how long a build waits for neutron to wire its ports; 0 does not wait"`
	VIFPluggingFatal   bool          `conf:"vif_plugging_is_fatal" doc:"whether a build fails when a port is not wired in time"`
	BuildTimeout       time.Duration `conf:"build_timeout" doc:"how long a host may take to fetch the image and start the guest"`
	BuildTries         int           `conf:"max_attempts" doc:"hosts tried for one server"`
	ShutdownTimeout    time.Duration `conf:"shutdown_timeout" doc:"how long a guest may take to shut itself down before it is turned off"`
	ResumeGuests       bool          `conf:"resume_guests_state_on_host_boot" doc:"start guests again that ran before the host went down"`

	ReportInterval    time.Duration `conf:"report_interval" doc:"how often a service says that it is alive"`
	ReconcileInterval time.Duration `conf:"sync_power_state_interval" doc:"how often a compute compares its guests with what is recorded"`
	ResyncInterval    time.Duration `conf:"scheduler_resync_interval" doc:"how often a scheduler reads all hosts anew"`
	Conductors        int           `conf:"conductor_workers" doc:"flows that one conductor runs at once"`
	Builds            int           `conf:"max_concurrent_builds" doc:"guests that one compute builds at once; 0 is no bound"`

	ImageCacheInterval time.Duration `conf:"image_cache_interval" doc:"how often a compute looks for images in its cache that no server uses; 0 never removes one"`
	ImageCacheAge      time.Duration `conf:"image_cache_minimum_age" doc:"how long an image that no server uses stays in a compute's cache"`

	NotificationFormat  string   `conf:"notification_format" doc:"unversioned, versioned or both: the form of notifications"`
	NotifyOnStateChange string   `conf:"notify_on_state_change" doc:"when compute.instance.update is told: vm_state, vm_and_task_state, or never when empty"`
	VersionedTopics     []string `conf:"versioned_notifications_topics" doc:"names under which versioned notifications are told"`

	Filters     []string `conf:"enabled_filters" doc:"scheduler filters in the order they are asked"`
	DefaultZone string   `conf:"default_availability_zone" doc:"zone of hosts that are in no other"`
	DHCPDomain  string   `conf:"dhcp_domain" doc:"domain that guests' names stand in, as metadata shows it"`
}

// The forms of notifications, and when changes of state are told; as nova/conf/notifications.py.
const (
	Unversioned    = "unversioned"
	Versioned      = "versioned"
	BothForms      = "both"
	VMStateOnly    = "vm_state"
	VMAndTaskState = "vm_and_task_state"
)

// Check refuses what there is not.
func (c *Config) Check() error {
	if !slices.Contains([]string{Unversioned, Versioned, BothForms}, c.NotificationFormat) {
		return fmt.Errorf("notification_format: %q is none of %s, %s, %s", c.NotificationFormat, Unversioned, Versioned, BothForms)
	}
	if !slices.Contains([]string{"", VMStateOnly, VMAndTaskState}, c.NotifyOnStateChange) {
		return fmt.Errorf("notify_on_state_change: %q is neither %s nor %s", c.NotifyOnStateChange, VMStateOnly, VMAndTaskState)
	}
	return nil
}

// TellsUnversioned tells whether notifications of the older form are told.
func (c *Config) TellsUnversioned() bool { return c.NotificationFormat != Versioned }

// TellsVersioned tells whether versioned notifications are told.
func (c *Config) TellsVersioned() bool { return c.NotificationFormat != Unversioned }

// DefaultConfig is the section when nothing is configured.
func DefaultConfig() Config {
	return Config{
		CPURatio: 4, RAMRatio: 1, DiskRatio: 1, ReservedMemoryMiB: 512,
		VIFPluggingTimeout: 5 * time.Minute, VIFPluggingFatal: true,
		BuildTimeout: 20 * time.Minute, BuildTries: 3, ShutdownTimeout: time.Minute, ResumeGuests: true,
		ReportInterval: 10 * time.Second, ReconcileInterval: 10 * time.Minute, ResyncInterval: 30 * time.Second,
		Conductors: 64, Builds: 10,
		ImageCacheInterval: 40 * time.Minute, ImageCacheAge: 24 * time.Hour,
		NotificationFormat: Unversioned, VersionedTopics: []string{"versioned_notifications"},
		Filters: []string{"ComputeFilter", "AvailabilityZoneFilter", "ComputeCapabilitiesFilter", "ImagePropertiesFilter",
			"SameHostFilter", "DifferentHostFilter", "ServerGroupAntiAffinityFilter", "ServerGroupAffinityFilter"},
		DefaultZone: DefaultZone, DHCPDomain: "novalocal",
	}
}
