package nova

import "strconv"

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

// BaseProperties are the properties that a server keeps of its image: all but those about the image's own making.
func (i Image) BaseProperties() map[string]string {
	kept := make(map[string]string, len(i.Properties)+4)
	for name, value := range i.Properties {
		kept[name] = value
	}
	kept["disk_format"], kept["container_format"] = i.DiskFormat, i.ContainerFormat
	kept["min_disk"], kept["min_ram"] = strconv.Itoa(i.MinDiskGiB), strconv.Itoa(i.MinRAMMiB)
	return kept
}
