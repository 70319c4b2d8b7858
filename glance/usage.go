package glance

// The resources of projects that keystone may hold limits of (unified limits). As glance/quota/keystone.py.
const (
	ImageSizeTotal      = "image_size_total"      // MiB in stores, of an image in several each time
	ImageStageTotal     = "image_stage_total"     // MiB in the staging area
	ImageCountTotal     = "image_count_total"     // images
	ImageCountUploading = "image_count_uploading" // images whose bits are on their way
)

// LimitedResources are all of them.
func LimitedResources() []string {
	return []string{ImageSizeTotal, ImageStageTotal, ImageCountTotal, ImageCountUploading}
}

// Usage is what a project has of a resource, and may have.
type Usage struct {
	Usage int `json:"usage"`
	Limit int `json:"limit"` // -1 is none
}
