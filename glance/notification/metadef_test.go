package notification_test

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"
	"time"

	"cumulet/glance"
	"cumulet/glance/notification"
)

// TestDefinitionsAreToldAsUpstreamDoes holds the payloads to the members of glance/notifier.py, format_metadef_…_notification.
func TestDefinitionsAreToldAsUpstreamDoes(t *testing.T) {
	title := "Test"
	n := glance.Namespace{ID: "namespace-1", Name: "OS::Test", DisplayName: &title, Visibility: glance.Public, Owner: "project-1", UpdatedAt: time.Unix(1, 0)}
	definition := func(kind glance.DefinitionKind, body string) glance.DefinitionChange {
		d := glance.Definition{Kind: kind, Name: "new", Body: json.RawMessage(body), CreatedAt: time.Unix(0, 0), UpdatedAt: time.Unix(1, 0)}
		return glance.DefinitionChange{Namespace: "OS::Test", Owner: "project-1", Definition: d, OldName: "old"}
	}
	says := []string{
		"additionalItems", "confidential", "default", "description", "enum", "items", "maxItems", "maxLength", "maximum", "minItems", "minLength",
		"minimum", "name", "pattern", "title", "type", "uniqueItems",
	}
	for _, c := range []struct {
		event string
		of    any
		has   []string
		holds map[string]any
	}{
		{
			"metadef_namespace.update", glance.NamespaceChange{Namespace: n, OldName: "OS::Old"},
			[]string{
				"created_at", "deleted", "deleted_at", "description", "display_name", "namespace", "namespace_old", "owner", "protected", "updated_at", "visibility",
			},
			map[string]any{
				"namespace": "OS::Test", "namespace_old": "OS::Old", "display_name": "Test", "description": nil, "protected": false,
				"updated_at": "1970-01-01T00:00:01Z", "deleted": false, "deleted_at": nil,
			},
		},
		{
			"metadef_namespace.delete", glance.NamespaceChange{Namespace: n, OldName: "OS::Test"}, nil,
			map[string]any{"deleted": true, "deleted_at": "2026-01-02T03:04:05Z"},
		},
		{
			"metadef_namespace.delete_objects", glance.NamespaceChange{Namespace: n, OldName: "OS::Test"}, nil,
			map[string]any{"deleted": false, "deleted_at": nil},
		},
		{
			"metadef_object.update", definition(glance.DefinedObject, `{"required": ["bus"], "properties": {"bus": {"type": "string", "minLength": 0, "enum": []}}}`),
			[]string{
				"created_at", "deleted", "deleted_at", "description", "name", "name_old", "namespace", "properties", "required", "updated_at",
			},
			map[string]any{"namespace": "OS::Test", "name": "new", "name_old": "old", "description": nil, "created_at": "1970-01-01T00:00:00Z"},
		},
		{
			"metadef_property.create", definition(glance.DefinedProperty, `{"type": "integer", "minimum": 0, "readonly": true}`),
			slices.Sorted(slices.Values(append([]string{"deleted", "deleted_at", "name_old", "namespace"}, says...))),
			map[string]any{"type": "integer", "minimum": 0.0, "title": nil},
		},
		{
			"metadef_tag.delete", definition(glance.DefinedTag, `{}`),
			[]string{"created_at", "deleted", "deleted_at", "name", "name_old", "namespace", "updated_at"},
			map[string]any{"deleted": true},
		},
		{
			"metadef_resource_type.create", glance.AssociationChange{Namespace: "OS::Test", Association: glance.Association{Name: "OS::Nova::Flavor"}},
			[]string{"created_at", "deleted", "deleted_at", "name", "name_old", "namespace", "prefix", "properties_target", "updated_at"},
			map[string]any{"name": "OS::Nova::Flavor", "name_old": "OS::Nova::Flavor", "prefix": nil},
		},
	} {
		types, payloads := told(t, &notification.Translator{Publisher: "image.localhost"}, event(t, c.event, c.of))
		if !slices.Equal(types, []string{c.event}) {
			t.Fatalf("%s is told as %v", c.event, types)
		}
		p := payloads[0]
		if got := slices.Sorted(maps.Keys(p)); c.has != nil && !slices.Equal(got, c.has) {
			t.Errorf("%s has %v", c.event, got)
		}
		for name, want := range c.holds {
			if p[name] != want {
				t.Errorf("%s: %s is %v, want %v", c.event, name, p[name], want)
			}
		}
		if c.event != "metadef_object.update" {
			continue
		}
		held := p["properties"].([]any)[0].(map[string]any)
		if got := slices.Sorted(maps.Keys(held)); !slices.Equal(got, says) || held["name"] != "bus" || held["minLength"] != nil || held["enum"] != nil {
			t.Errorf("a property of the object is %v", held)
		}
	}
}

func TestGroupsOfDefinitionsAreNotToldWhereDisabled(t *testing.T) {
	translator := &notification.Translator{Publisher: "image.localhost", Disabled: []string{"metadef_tag"}}
	change := glance.DefinitionChange{Definition: glance.Definition{Kind: glance.DefinedTag, Name: "x", Body: json.RawMessage(`{}`)}}
	if types, _ := told(t, translator, event(t, "metadef_tag.create", change)); len(types) > 0 {
		t.Errorf("there are %v", types)
	}
}
