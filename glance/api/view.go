package api

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"

	"cumulet/glance"
	"cumulet/oslo/rest"
)

// imageView is an image as clients see it: properties beside attributes.
// As glance/api/v2/images.py, ResponseSerializer._format_image.
type imageView map[string]any

func (a *API) view(c *rest.Call, i glance.Image) imageView {
	v := make(imageView, 24+len(i.Properties))
	for name, value := range i.Properties {
		v[name] = value
	}
	v["id"], v["name"], v["owner"] = i.ID, i.Name, orNull(i.Owner)
	v["status"], v["visibility"] = i.Status, i.Visibility
	v["disk_format"], v["container_format"] = orNull(i.DiskFormat), orNull(i.ContainerFormat)
	v["min_disk"], v["min_ram"] = i.MinDiskGiB, i.MinRAMMiB
	v["protected"], v["os_hidden"] = i.Protected, i.Hidden
	v["size"], v["virtual_size"] = i.Size, i.VirtualSize
	v["checksum"], v["os_hash_algo"], v["os_hash_value"] = orNull(i.Checksum), orNull(i.HashAlgo), orNull(i.HashValue)
	v["created_at"], v["updated_at"] = isoTime(i.CreatedAt), isoTime(i.UpdatedAt)
	v["tags"] = i.Tags
	v["self"], v["file"], v["schema"] = "/v2/images/"+i.ID, "/v2/images/"+i.ID+"/file", "/v2/schemas/image"
	if len(i.Locations) > 0 {
		names := make([]string, len(i.Locations))
		for n, l := range i.Locations {
			names[n] = l.Store
		}
		v["stores"] = strings.Join(names, ",")
	}
	a.viewLocations(v, c, i)
	return v
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func isoTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

// whole reads an integer that fits 32 bits, which is what upstream's columns hold.
func whole(name string, value any, into *int) error {
	number, ok := value.(json.Number)
	if !ok {
		return nil
	}
	var n int32
	if _, err := fmt.Sscan(number.String(), &n); err != nil || fmt.Sprint(n) != number.String() {
		return glance.Invalid("'%s' value out of range, must not exceed %d.", name, math.MaxInt32) // as glance/db/sqlalchemy/api.py
	}
	*into = int(n)
	return nil
}
