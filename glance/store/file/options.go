package file

import "cumulet/oslo/config"

// Options are what a store of this kind is configured by. The names in comments are upstream's.
type Options struct {
	// Dir is filesystem_store_datadir.
	Dir string `conf:"dir" doc:"folder of the images; images_dir when empty"`
	// Reserve is never taken of the file system's free space.
	Reserve config.Size `conf:"reserve" doc:"free space that uploads leave on the folder's disk; reserve_bytes when 0"`
}
