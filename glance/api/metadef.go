package api

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"cumulet/glance"
	"cumulet/oslo/fault"
	"cumulet/oslo/policy"
	"cumulet/oslo/rest"
)

const namespacePath = "/v2/metadefs/namespaces/{namespace}"

// namespaceTarget is what rules compare a namespace with, as glance/api/v2/policy.py, MetadefAPIPolicy.
func namespaceTarget(n glance.Namespace) policy.Target {
	return policy.Target{"project_id": n.Owner, "visibility": string(n.Visibility)}
}

// inNamespace reads the namespace of the path and asks for rules on it. Where the caller may not even see it, it does not exist.
func (a *API) inNamespace(ctx context.Context, c *rest.Call, whole bool, rules ...string) (glance.Namespace, error) {
	n, err := a.Registry.Namespace(ctx, caller(c), c.Path("namespace"), whole)
	if err != nil {
		return n, err
	}
	for _, rule := range rules {
		if err := c.AuthorizeRule(rule, namespaceTarget(n)); err != nil {
			if rule == "get_metadef_namespace" || !c.Allowed("get_metadef_namespace", namespaceTarget(n)) {
				return n, unseen(err)
			}
			return n, err
		}
	}
	return n, nil
}

// inNamespaceShortly is inNamespace with the words that most of upstream's handlers have for one that is not there.
func (a *API) inNamespaceShortly(ctx context.Context, c *rest.Call, whole bool, rules ...string) (glance.Namespace, error) {
	n, err := a.inNamespace(ctx, c, whole, rules...)
	if f := fault.Of(err); f != nil && f.Name == "MetadefNamespaceNotFound" {
		err = fault.New(fault.NotFound, f.Name, "Namespace %s not found", c.Path("namespace")).Because(err)
	}
	return n, err
}

// members reads a body: an object that matches a schema, without what nobody may write.
func (a *API) members(c *rest.Call, schema metadefSchema, readOnly ...string) (map[string]any, error) {
	given, err := object(c.Raw, "Expected an object in the request's body.")
	if err != nil {
		return nil, err
	}
	for _, name := range readOnly {
		if _, there := given[name]; there {
			return nil, glance.Forbidden("Attribute '%s' is read-only.", name)
		}
	}
	if wrong := schema.check.Validate(given); wrong != nil {
		return nil, glance.Invalid("Provided object does not match schema '%s': %s", schema.name, wrong.Message)
	}
	return given, nil
}

// word is a text of an object that was checked; nil where there is none.
func word(given map[string]any, name string) *string {
	if s, ok := given[name].(string); ok {
		return &s
	}
	return nil
}

// only refuses members that an object does not have.
func only(given map[string]any, names ...string) error {
	for name := range given {
		if !slices.Contains(names, name) {
			return glance.Invalid("Unknown attribute: '%s'", name)
		}
	}
	return nil
}

// propertyMembers are what a property may say, beside its name. As glance/api/v2/model/metadef_property_type.py.
var propertyMembers = []string{
	"type", "title", "description", "operators", "default", "readonly", "minimum", "maximum", "enum", "pattern", "minLength", "maxLength", "confidential",
	"items", "uniqueItems", "minItems", "maxItems", "additionalItems",
}

// checkProperties refuses properties that say what none does.
func checkProperties(given any) error {
	properties, _ := given.(map[string]any)
	for _, p := range properties {
		if one, ok := p.(map[string]any); ok {
			if err := only(one, propertyMembers...); err != nil {
				return err
			}
		}
	}
	return nil
}

// bodyOf is an object without some members, as JSON.
func bodyOf(given map[string]any, without ...string) (json.RawMessage, error) {
	left := map[string]any{}
	for name, value := range given {
		if value != nil && !slices.Contains(without, name) {
			left[name] = value
		}
	}
	return json.Marshal(left)
}

// shown is a definition's body with further members.
func shown(d glance.Definition, further map[string]any) (map[string]any, error) {
	v := map[string]any{}
	if err := json.Unmarshal(d.Body, &v); err != nil {
		return nil, fmt.Errorf("read %s %q: %w", d.Kind, d.Name, err)
	}
	for name, value := range further {
		v[name] = value
	}
	if d.Kind == glance.DefinedProperty {
		simplify(v)
	}
	simplifyAll(v["properties"])
	return v, nil
}

// simplify has a property say what it says in the types that upstream has for it: a default is a text, bounds are whole numbers. As
// glance/api/v2/model/metadef_property_type.py.
func simplify(property map[string]any) {
	if value, there := property["default"]; there {
		property["default"] = pythonText(value)
	}
	for _, bound := range []string{"minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems"} {
		switch n := property[bound].(type) {
		case float64:
			property[bound] = int64(n)
		case json.Number:
			if f, err := n.Float64(); err == nil {
				property[bound] = int64(f)
			}
		}
	}
}

func simplifyAll(properties any) {
	all, _ := properties.(map[string]any)
	for _, p := range all {
		if one, ok := p.(map[string]any); ok {
			simplify(one)
		}
	}
}

// pythonText is a value as Python writes it; nil for what is neither text nor number.
func pythonText(value any) any {
	switch v := value.(type) {
	case string, json.Number:
		return fmt.Sprint(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case bool:
		if v {
			return "True"
		}
		return "False"
	}
	return nil
}

// pageOf reads which part of a list is wanted.
func pageOf(c *rest.Call) (p glance.Page, err error) {
	q := c.Query()
	p.Marker, p.SortKey = q.Get("marker"), q.Get("sort_key")
	switch dir := q.Get("sort_dir"); {
	case dir == "asc":
		p.Upwards = true
	case dir != "desc" && q.Has("sort_dir"):
		return p, glance.Invalid("Invalid sort direction: %s", q.Get("sort_dir"))
	}
	if q.Has("limit") {
		if p.Limit, err = readLimit(q.Get("limit")); p.Limit == 0 {
			p.Limit = -1
		}
	}
	return p, err
}

// visibilityOf reads which visibility is wanted of a list.
func visibilityOf(c *rest.Call, known ...glance.Visibility) (glance.Visibility, error) {
	v := glance.Visibility(c.Query().Get("visibility"))
	if v != "" && !slices.Contains(known, v) {
		return v, glance.Invalid("Invalid visibility value: %s", v)
	}
	return v, nil
}
