package notification

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"cumulet/glance"
	"cumulet/oslo/notification"
)

// namespace is as glance/notifier.py, format_metadef_namespace_notification.
func namespace(e notification.Event) (map[string]any, error) {
	var c glance.NamespaceChange
	if err := json.Unmarshal(e.Payload, &c); err != nil {
		return nil, err
	}
	n := c.Namespace
	return ended(e, map[string]any{
		"namespace": n.Name, "namespace_old": c.OldName, "display_name": n.DisplayName, "protected": n.Protected, "visibility": n.Visibility,
		"owner": orNull(n.Owner), "description": n.Description, "created_at": isoTime(n.CreatedAt), "updated_at": isoTime(n.UpdatedAt),
	}), nil
}

// ended adds whether the thing is gone, and when it went. That all a namespace's objects went is nothing of the kind.
func ended(e notification.Event, payload map[string]any) map[string]any {
	gone := strings.HasSuffix(e.Name, ".delete")
	payload["deleted"], payload["deleted_at"] = gone, when(gone, e.At)
	return payload
}

// definition reads what all kinds of definitions are told with, and what the definition says beside its name.
func definition(e notification.Event) (c glance.DefinitionChange, payload, body map[string]any, err error) {
	if err = json.Unmarshal(e.Payload, &c); err != nil {
		return c, nil, nil, err
	}
	if err = json.Unmarshal(c.Definition.Body, &body); err != nil {
		return c, nil, nil, err
	}
	return c, ended(e, map[string]any{"namespace": c.Namespace, "name": c.Definition.Name, "name_old": c.OldName}), body, nil
}

// object is as glance/notifier.py, format_metadef_object_notification.
func object(e notification.Event) (map[string]any, error) {
	c, payload, body, err := definition(e)
	if err != nil {
		return nil, err
	}
	dated(c, payload)
	held, _ := body["properties"].(map[string]any)
	properties := []map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(held)) {
		says, _ := held[name].(map[string]any)
		one := map[string]any{"name": name}
		for _, about := range told() {
			one[about] = orNothing(says[about])
		}
		properties = append(properties, one)
	}
	payload["properties"], payload["required"], payload["description"] = properties, body["required"], body["description"]
	return payload, nil
}

// property is as glance/notifier.py, format_metadef_property_notification, which tells no times.
func property(e notification.Event) (map[string]any, error) {
	_, payload, body, err := definition(e)
	if err != nil {
		return nil, err
	}
	for _, about := range told() {
		payload[about] = body[about]
	}
	return payload, nil
}

// tag is as glance/notifier.py, format_metadef_tag_notification.
func tag(e notification.Event) (map[string]any, error) {
	c, payload, _, err := definition(e)
	if err != nil {
		return nil, err
	}
	dated(c, payload)
	return payload, nil
}

// resourceType is as glance/notifier.py, format_metadef_resource_type_notification.
func resourceType(e notification.Event) (map[string]any, error) {
	var c glance.AssociationChange
	if err := json.Unmarshal(e.Payload, &c); err != nil {
		return nil, err
	}
	a := c.Association
	return ended(e, map[string]any{
		"namespace": c.Namespace, "name": a.Name, "name_old": a.Name, "prefix": a.Prefix, "properties_target": a.PropertiesTarget,
		"created_at": isoTime(a.CreatedAt), "updated_at": isoTime(a.UpdatedAt),
	}), nil
}

func dated(c glance.DefinitionChange, payload map[string]any) {
	payload["created_at"], payload["updated_at"] = isoTime(c.Definition.CreatedAt), isoTime(c.Definition.UpdatedAt)
}

// told is what is told of a property: all that it may say but operators and readonly.
func told() []string {
	return []string{
		"type", "title", "description", "default", "minimum", "maximum", "enum", "pattern", "minLength", "maxLength", "confidential",
		"items", "uniqueItems", "minItems", "maxItems", "additionalItems",
	}
}

// orNothing is Python's "or None": what is false, zero or empty is told as null. As glance/notifier.py, _format_metadef_object_property.
func orNothing(value any) any {
	switch v := value.(type) {
	case string:
		return orNull(v)
	case bool:
		if !v {
			return nil
		}
	case float64:
		if v == 0 {
			return nil
		}
	case []any:
		if len(v) == 0 {
			return nil
		}
	case map[string]any:
		if len(v) == 0 {
			return nil
		}
	}
	return value
}
