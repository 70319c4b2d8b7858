package notification_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"cumulet/glance"
	"cumulet/glance/notification"
	oslo "cumulet/oslo/notification"
)

func event(t *testing.T, name string, of any) oslo.Event {
	t.Helper()
	payload, err := json.Marshal(of)
	if err != nil {
		t.Fatal(err)
	}
	return oslo.Event{Seq: 1, Name: name, At: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Payload: payload}
}

// told is what a collector reads of an event: types and payloads.
func told(t *testing.T, translator *notification.Translator, e oslo.Event) (types []string, payloads []map[string]any) {
	t.Helper()
	all, err := translator.Translate(e)
	if err != nil {
		t.Fatal(err)
	}
	for part, n := range all {
		notice, err := n.Notice("glance", "host-1", e, part)
		if err != nil {
			t.Fatal(err)
		}
		var m struct {
			Publisher string         `json:"publisher_id"`
			Payload   map[string]any `json:"payload"`
		}
		if err := json.Unmarshal(notice.RawMessage, &m); err != nil || m.Publisher != "image.localhost" {
			t.Errorf("%s: %v", notice.RawMessage, err)
		}
		if strings.Contains(string(notice.RawMessage), "_context_") {
			t.Errorf("glance tells no context: %s", notice.RawMessage)
		}
		types, payloads = append(types, n.Type), append(payloads, m.Payload)
	}
	return types, payloads
}

// TestImageIsToldAsUpstreamDoes holds the payload to the members of glance/notifier.py, format_image_notification.
func TestImageIsToldAsUpstreamDoes(t *testing.T) {
	size, name := int64(7), "cirros"
	i := glance.Image{
		ID: "image-1", Name: &name, Owner: "project-1", Status: glance.Active, Visibility: glance.Public, DiskFormat: "raw",
		ContainerFormat: "bare", Size: &size, Checksum: "abc", Properties: map[string]string{"os": "linux"}, Tags: []string{"a"},
		Locations: []glance.Location{{Store: "file", Key: "secret-place"}}, CreatedAt: time.Unix(0, 0), UpdatedAt: time.Unix(1, 0),
	}
	translator := &notification.Translator{Publisher: "image.localhost"}
	_, payloads := told(t, translator, event(t, "image.create", i))
	want := []string{
		"checksum", "container_format", "created_at", "deleted", "deleted_at", "disk_format", "id", "is_public", "min_disk", "min_ram",
		"name", "owner", "properties", "protected", "size", "status", "tags", "updated_at", "virtual_size", "visibility",
	}
	p := payloads[0]
	if got := slices.Sorted(maps.Keys(p)); !slices.Equal(got, want) {
		t.Errorf("it has %v", got)
	}
	if p["id"] != "image-1" || p["is_public"] != true || p["size"] != 7.0 || p["created_at"] != "1970-01-01T00:00:00Z" || p["deleted"] != false {
		t.Errorf("it is %v", p)
	}
	_, payloads = told(t, translator, event(t, "image.delete", i))
	if p := payloads[0]; p["deleted"] != true || p["deleted_at"] != "2026-01-02T03:04:05Z" {
		t.Errorf("deleted it is %v", p)
	}
}

func TestMemberIsToldAsUpstreamDoes(t *testing.T) {
	m := glance.Member{ImageID: "image-1", ProjectID: "project-2", Status: glance.Accepted}
	_, payloads := told(t, &notification.Translator{Publisher: "image.localhost"}, event(t, "image.member.update", m))
	want := []string{"created_at", "deleted", "deleted_at", "image_id", "member_id", "status", "updated_at"}
	if got := slices.Sorted(maps.Keys(payloads[0])); !slices.Equal(got, want) || payloads[0]["member_id"] != "project-2" {
		t.Errorf("it is %v", payloads[0])
	}
}

func TestKindsAreUpstreams(t *testing.T) {
	for name, want := range map[string][]string{
		"image.prepare": {"image.update", "image.prepare"}, "image.upload": {"image.upload"},
		"image.activate": {"image.activate", "image.update"}, "image.deactivate": {"image.update"},
	} {
		if types, _ := told(t, &notification.Translator{Publisher: "image.localhost"}, event(t, name, glance.Image{})); !slices.Equal(types, want) {
			t.Errorf("%s is told as %v", name, types)
		}
	}
}

func TestDisabledKindsAndGroupsAreNotTold(t *testing.T) {
	for _, disabled := range []string{"image", "image.create"} {
		translator := &notification.Translator{Publisher: "image.localhost", Disabled: []string{disabled}}
		if types, _ := told(t, translator, event(t, "image.create", glance.Image{})); len(types) > 0 {
			t.Errorf("with %s disabled there are %v", disabled, types)
		}
	}
}
