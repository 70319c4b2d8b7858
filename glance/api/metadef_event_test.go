package api_test

import (
	"encoding/json"
	"slices"
	"testing"

	"cumulet/glance"
)

func TestEventsTellOfDefinitions(t *testing.T) {
	c := newCloud(t)
	const in = namespaces + "/OS::Test"
	var seen int64
	for _, step := range []struct {
		status   int
		do, body string
		want     []string
	}{
		{201, "POST " + namespaces, whole, []string{
			"metadef_namespace.create", "metadef_resource_type.create", "metadef_resource_type.create", "metadef_object.create", "metadef_property.create",
			"metadef_tag.create",
		}},
		{409, "POST " + namespaces, whole, nil},
		{200, "PUT " + in, `{"namespace": "OS::Test", "visibility": "public"}`, []string{"metadef_namespace.update"}},
		{201, "POST " + in + "/objects", `{"name": "o"}`, []string{"metadef_object.create"}},
		{200, "PUT " + in + "/objects/o", `{"name": "p"}`, []string{"metadef_object.update"}},
		{204, "DELETE " + in + "/objects/p", "", []string{"metadef_object.delete"}},
		{200, "PUT " + in + "/properties/bus", `{"name": "bus", "title": "B", "type": "string"}`, []string{"metadef_property.update"}},
		{204, "DELETE " + in + "/properties/bus", "", []string{"metadef_property.delete"}},
		{201, "POST " + in + "/tags", `{"tags": [{"name": "a"}, {"name": "b"}]}`, []string{"metadef_tag.create", "metadef_tag.create"}},
		{200, "PUT " + in + "/tags/a", `{"name": "c"}`, []string{"metadef_tag.update"}},
		{204, "DELETE " + in + "/tags/c", "", []string{"metadef_tag.delete"}},
		{204, "DELETE " + in + "/tags", "", []string{"metadef_namespace.delete_tags"}},
		{204, "DELETE " + in + "/objects", "", []string{"metadef_namespace.delete_objects"}},
		{204, "DELETE " + in + "/properties", "", []string{"metadef_namespace.delete_properties"}},
		{204, "DELETE " + in + "/resource_types/OS::Own::Thing", "", []string{"metadef_resource_type.delete"}},
		{404, "DELETE " + in + "/resource_types/OS::Own::Thing", "", nil},
		{204, "DELETE " + in, "", []string{"metadef_namespace.delete"}},
	} {
		var body any
		if step.body != "" {
			body = step.body
		}
		c.want(step.status, admin, step.do, jsonType, body)
		events, err := c.registry.DB.Events(t.Context(), seen, 100)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, e := range events {
			names, seen = append(names, e.Name), e.Seq
		}
		if !slices.Equal(names, step.want) {
			t.Errorf("%s: the log has %v, want %v", step.do, names, step.want)
		}
		if step.do != "PUT "+in+"/objects/o" {
			continue
		}
		var change glance.DefinitionChange
		if err := json.Unmarshal(events[0].Payload, &change); err != nil || change.OldName != "o" || change.Definition.Name != "p" || change.Namespace != "OS::Test" {
			t.Errorf("%s: %v", events[0].Payload, err)
		}
	}
}
