package nova

// Image is what nova must know of a glance image to build from it.
type Image struct {
	ID              string            `json:"id"`
	Name            string            `json:"name"`
	Status          string            `json:"status"` // "active" when it may be used
	OwnerID         string            `json:"owner_id"`
	DiskFormat      string            `json:"disk_format"`
	ContainerFormat string            `json:"container_format"`
	SizeBytes       int64             `json:"size_bytes"`
	VirtualBytes    int64             `json:"virtual_bytes"` // 0 when unknown
	MinDiskGiB      int               `json:"min_disk_gib"`
	MinRAMMiB       int               `json:"min_ram_mib"`
	Properties      map[string]string `json:"properties"` // hw_*, os_*, img_*, kernel_id, ramdisk_id …
}
