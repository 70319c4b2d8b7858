package nova

import "time"

// Flavor is a shape of servers. A server keeps a copy of the one it was made with.
type Flavor struct {
	ID           string            `json:"id"` // the API's id, chosen or a UUID
	Name         string            `json:"name"`
	Description  *string           `json:"description"`
	VCPUs        int               `json:"vcpus"`
	RAMMiB       int               `json:"ram_mib"`
	DiskGiB      int               `json:"disk_gib"`
	EphemeralGiB int               `json:"ephemeral_gib"`
	SwapMiB      int               `json:"swap_mib"`
	RXTXFactor   float64           `json:"rxtx_factor"`
	Public       bool              `json:"public"`
	Disabled     bool              `json:"disabled"`
	ExtraSpecs   map[string]string `json:"extra_specs"`
	CreatedAt    time.Time         `json:"created_at"`
	UpdatedAt    *time.Time        `json:"updated_at"`
}

// Identity makes a flavor's events findable; it belongs to no project.
func (f Flavor) Identity() (id, projectID string) { return f.ID, "" }

// FlavorFilter says which flavors to list.
type FlavorFilter struct {
	// Public nil gives all; else only public ones or only private ones. ProjectID adds the private ones that project may use.
	Public          *bool
	ProjectID       string
	MinRAMMiB       int
	MinDiskGiB      int
	IncludeDisabled bool
}
