// Package notification says what glance tells on the bus of its events, as upstream's glance/notifier.py. It sends nothing; see
// oslo/notification.
//
// Upstream's image.send, told at each download, is left out: a download changes nothing, so it is in no log.
package notification

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"cumulet/glance"
	"cumulet/oslo/notification"
)

// Translator puts events into upstream's words.
type Translator struct {
	// Publisher is default_publisher_id: "image.localhost" unless configured.
	Publisher string
	// Disabled are kinds ("image.create") and groups ("image") that are not told (disabled_notifications).
	Disabled []string
}

// Translate says what is told of an event.
func (t *Translator) Translate(e notification.Event) ([]notification.Notification, error) {
	payload, err := words(e.Name)(e)
	if err != nil {
		return nil, fmt.Errorf("tell of %s: %w", e.Name, err)
	}
	var all []notification.Notification
	for _, kind := range kinds(e.Name) {
		if t.disabled(kind) {
			continue
		}
		all = append(all, notification.Notification{
			Publisher: t.Publisher, Type: kind, Priority: notification.Info, Payload: payload,
		})
	}
	return all, nil
}

// words are how an event is worded, by its name.
func words(event string) func(notification.Event) (map[string]any, error) {
	group, _, _ := strings.Cut(event, ".")
	switch {
	case strings.HasPrefix(event, "image.member."):
		return member
	case group == "metadef_namespace":
		return namespace
	case group == "metadef_object":
		return object
	case group == "metadef_property":
		return property
	case group == "metadef_tag":
		return tag
	case group == "metadef_resource_type":
		return resourceType
	}
	return image
}

// kinds are upstream's names of what an event was: what saves an image there is an update as well.
func kinds(event string) []string {
	switch event {
	case "image.prepare":
		return []string{"image.update", "image.prepare"}
	case "image.activate":
		return []string{"image.activate", "image.update"}
	case "image.deactivate", "image.reactivate":
		return []string{"image.update"}
	}
	return []string{event}
}

// disabled is as glance/notifier.py, _is_notification_enabled.
func (t *Translator) disabled(kind string) bool {
	group, _, _ := strings.Cut(kind, ".")
	return slices.Contains(t.Disabled, kind) || slices.Contains(t.Disabled, group)
}

// image is as glance/notifier.py, format_image_notification. Where the bits lie is told to nobody.
func image(e notification.Event) (map[string]any, error) {
	var i glance.Image
	if err := json.Unmarshal(e.Payload, &i); err != nil {
		return nil, err
	}
	gone := e.Name == "image.delete"
	return map[string]any{
		"id": i.ID, "name": i.Name, "status": i.Status, "created_at": isoTime(i.CreatedAt), "updated_at": isoTime(i.UpdatedAt),
		"min_disk": i.MinDiskGiB, "min_ram": i.MinRAMMiB, "protected": i.Protected, "checksum": orNull(i.Checksum), "owner": orNull(i.Owner),
		"disk_format": orNull(i.DiskFormat), "container_format": orNull(i.ContainerFormat), "size": i.Size, "virtual_size": i.VirtualSize,
		"is_public": i.Visibility == glance.Public, "visibility": i.Visibility, "properties": orEmpty(i.Properties), "tags": listOf(i.Tags),
		"deleted": gone, "deleted_at": when(gone, e.At),
	}, nil
}

// member is as glance/notifier.py, format_image_member_notification.
func member(e notification.Event) (map[string]any, error) {
	var m glance.Member
	if err := json.Unmarshal(e.Payload, &m); err != nil {
		return nil, err
	}
	gone := e.Name == "image.member.delete"
	return map[string]any{
		"image_id": m.ImageID, "member_id": m.ProjectID, "status": m.Status,
		"created_at": isoTime(m.CreatedAt), "updated_at": isoTime(m.UpdatedAt), "deleted": gone, "deleted_at": when(gone, e.At),
	}, nil
}

func isoTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

func when(told bool, t time.Time) any {
	if !told {
		return nil
	}
	return isoTime(t)
}

func orNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}

func orEmpty(m map[string]string) map[string]string {
	if m == nil {
		return map[string]string{}
	}
	return m
}

func listOf(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}
