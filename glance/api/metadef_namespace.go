package api

import (
	"context"
	"strings"

	"cumulet/glance"
	"cumulet/oslo/policy"
	"cumulet/oslo/rest"
)

func (a *API) namespaceRoutes() []rest.Route {
	return []rest.Route{
		{Do: "POST /v2/metadefs/namespaces", Rule: "add_metadef_namespace", Status: 201, Run: rest.Get(a.createNamespace)},
		{Do: "GET /v2/metadefs/namespaces", Rule: "get_metadef_namespaces", Status: 200, Run: rest.Get(a.listNamespaces)},
		{Do: "GET " + namespacePath, Rule: "get_metadef_namespace", Status: 200, Run: rest.Get(a.showNamespace)},
		{Do: "PUT " + namespacePath, Rule: "modify_metadef_namespace", Status: 200, Run: rest.Get(a.updateNamespace)},
		{Do: "DELETE " + namespacePath, Rule: "delete_metadef_namespace", Status: 204, Run: rest.Do(a.deleteNamespace)},
	}
}

// readNamespace reads what a body says of a namespace, all that it holds too, and gives it as it stands there. As glance/api/v2/metadef_namespaces.py.
func (a *API) readNamespace(c *rest.Call) (n glance.Namespace, given map[string]any, err error) {
	given, err = a.members(c, a.schemas.metadef.namespace, "self", "schema", "created_at", "updated_at")
	if err != nil {
		return n, nil, err
	}
	n.Name, n.DisplayName, n.Description = *word(given, "namespace"), word(given, "display_name"), word(given, "description")
	n.Visibility, n.Owner = glance.Private, c.Who.ProjectID
	if v := word(given, "visibility"); v != nil {
		n.Visibility = glance.Visibility(*v)
	}
	if owner := word(given, "owner"); owner != nil {
		n.Owner = *owner
	}
	n.Protected, _ = given["protected"].(bool)
	if n.Name == "" || strings.Contains(n.Name, "/") {
		return n, nil, glance.Invalid("Invalid namespace name %q: it is part of a path", n.Name)
	}
	if n.Associations, err = readAssociations(given["resource_type_associations"]); err != nil {
		return n, nil, err
	}
	n.Definitions, err = a.readDefinitions(given)
	return n, given, err
}

// readDefinitions reads the objects, properties and tags of a namespace's body.
func (a *API) readDefinitions(given map[string]any) (all []glance.Definition, err error) {
	add := func(kind glance.DefinitionKind, name any, members map[string]any) error {
		called, ok := name.(string)
		if !ok || called == "" || len([]rune(called)) > 80 {
			return glance.Invalid("A %s has a name, of 80 characters at most", kind)
		}
		body, err := bodyOf(members, "name")
		all = append(all, glance.Definition{Kind: kind, Name: called, Body: body})
		return err
	}
	objects, _ := given["objects"].([]any)
	for _, o := range objects {
		one := o.(map[string]any)
		err := only(one, "name", "description", "required", "properties")
		if err == nil {
			err = checkProperties(one["properties"])
		}
		if err == nil {
			err = add(glance.DefinedObject, one["name"], one)
		}
		if err != nil {
			return nil, err
		}
	}
	if err := checkProperties(given["properties"]); err != nil {
		return nil, err
	}
	properties, _ := given["properties"].(map[string]any)
	for name, p := range properties {
		if err := add(glance.DefinedProperty, name, p.(map[string]any)); err != nil {
			return nil, err
		}
	}
	tags, _ := given["tags"].([]any)
	for _, t := range tags {
		one := t.(map[string]any)
		err := only(one, "name")
		if err == nil {
			err = add(glance.DefinedTag, one["name"], one)
		}
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (a *API) createNamespace(ctx context.Context, c *rest.Call) (map[string]any, error) {
	n, given, err := a.readNamespace(c)
	if err != nil {
		return nil, err
	}
	rules := []string{"add_metadef_namespace"}
	if len(n.Associations) > 0 {
		rules = append(rules, "add_metadef_resource_type_association")
	}
	for _, d := range n.Definitions {
		rules = append(rules, "add_metadef_"+string(d.Kind))
	}
	for _, rule := range rules {
		if err := c.AuthorizeRule(rule, policy.Target{"project_id": c.Who.ProjectID}); err != nil {
			return nil, err
		}
	}
	if n, err = a.Registry.CreateNamespace(ctx, caller(c), n); err != nil {
		return nil, err
	}
	v, err := namespaceView(n)
	if err != nil {
		return nil, err
	}
	c.Header().Set("Location", c.URL(v["self"].(string)))
	simplifyAll(given["properties"])
	objects, _ := given["objects"].([]any)
	for _, o := range objects {
		simplifyAll(o.(map[string]any)["properties"])
	}
	for _, held := range []string{"resource_type_associations", "objects", "properties", "tags"} {
		delete(v, held)
		if value, there := given[held]; there { // as it was given
			v[held] = value
		}
	}
	return v, nil
}

func (a *API) listNamespaces(ctx context.Context, c *rest.Call) (map[string]any, error) {
	mine := policy.Target{"project_id": c.Who.ProjectID}
	for _, rule := range []string{"get_metadef_namespaces", "list_metadef_resource_types"} {
		if err := c.AuthorizeRule(rule, mine); err != nil {
			return nil, err
		}
	}
	page, err := pageOf(c)
	if err != nil {
		return nil, err
	}
	if page.Limit == 0 {
		page.Limit = a.Config.PageLimit
	}
	page.Limit = min(page.Limit, a.Config.PageMax)
	visibility, err := visibilityOf(c, glance.Public, glance.Private)
	if err != nil {
		return nil, err
	}
	var types []string
	if wanted := c.Query().Get("resource_types"); wanted != "" {
		types = strings.Split(wanted, ",")
	}
	found, err := a.Registry.Namespaces(ctx, caller(c), visibility, types, page)
	if err != nil {
		return nil, err
	}
	views := []map[string]any{}
	for _, n := range found {
		if !c.Allowed("get_metadef_namespace", namespaceTarget(n)) {
			continue
		}
		v, err := namespaceView(n)
		if err != nil {
			return nil, err
		}
		views = append(views, v)
	}
	const here = "/v2/metadefs/namespaces"
	query := c.Request.URL.RawQuery
	list := map[string]any{"namespaces": views, "schema": "/v2/schemas/metadefs/namespaces", "first": pageLink(here, query, "")}
	if len(found) > 0 && len(found) == page.Limit {
		list["next"] = pageLink(here, query, found[len(found)-1].Name)
	}
	return list, nil
}

func (a *API) showNamespace(ctx context.Context, c *rest.Call) (map[string]any, error) {
	n, err := a.inNamespace(ctx, c, true,
		"get_metadef_namespace", "list_metadef_resource_types", "get_metadef_objects", "get_metadef_properties", "get_metadef_tags")
	if err != nil {
		return nil, err
	}
	v, err := namespaceView(n)
	if wanted := c.Query().Get("resource_type"); err == nil && wanted != "" {
		prefix(v, n, wanted)
	}
	return v, err
}

// prefix puts the prefix of a resource type before the names of a namespace's properties, as it carries them.
func prefix(v map[string]any, n glance.Namespace, resourceType string) {
	for _, a := range n.Associations {
		if a.Name != resourceType || a.Prefix == nil || *a.Prefix == "" {
			continue
		}
		rename := func(holder map[string]any) {
			properties, ok := holder["properties"].(map[string]any)
			if !ok {
				return
			}
			renamed := map[string]any{}
			for name, p := range properties {
				renamed[*a.Prefix+name] = p
			}
			holder["properties"] = renamed
		}
		rename(v)
		objects, _ := v["objects"].([]map[string]any)
		for _, o := range objects {
			rename(o)
			required, _ := o["required"].([]any)
			for i, name := range required {
				required[i] = *a.Prefix + name.(string)
			}
		}
	}
}

func (a *API) updateNamespace(ctx context.Context, c *rest.Call) (map[string]any, error) {
	n, _, err := a.readNamespace(c)
	if err != nil {
		return nil, err
	}
	if _, err := a.inNamespaceShortly(ctx, c, false, "modify_metadef_namespace"); err != nil {
		return nil, err
	}
	n.Associations, n.Definitions = nil, nil // which have paths of their own
	if n, err = a.Registry.UpdateNamespace(ctx, caller(c), c.Path("namespace"), n); err != nil {
		return nil, err
	}
	return namespaceView(n)
}

func (a *API) deleteNamespace(ctx context.Context, c *rest.Call) error {
	if _, err := a.inNamespaceShortly(ctx, c, false, "delete_metadef_namespace"); err != nil {
		return err
	}
	return a.Registry.DeleteNamespace(ctx, caller(c), c.Path("namespace"))
}

// namespaceView is a namespace with what it holds, as far as that was read.
func namespaceView(n glance.Namespace) (map[string]any, error) {
	v := map[string]any{
		"namespace": n.Name, "visibility": n.Visibility, "protected": n.Protected, "created_at": isoTime(n.CreatedAt), "updated_at": isoTime(n.UpdatedAt),
		"self": "/v2/metadefs/namespaces/" + n.Name, "schema": "/v2/schemas/metadefs/namespace",
	}
	for name, value := range map[string]*string{"display_name": n.DisplayName, "description": n.Description} {
		if value != nil {
			v[name] = *value
		}
	}
	if n.Owner != "" {
		v["owner"] = n.Owner
	}
	var objects, tags, associations []map[string]any
	properties := map[string]any{}
	for _, a := range n.Associations {
		associations = append(associations, associationView(a))
	}
	for _, d := range n.Definitions {
		switch d.Kind {
		case glance.DefinedObject:
			o, err := keptObjectView(n.Name, d)
			if err != nil {
				return nil, err
			}
			objects = append(objects, o)
		case glance.DefinedProperty:
			p, err := shown(d, nil)
			if err != nil {
				return nil, err
			}
			properties[d.Name] = p
		case glance.DefinedTag:
			tags = append(tags, map[string]any{"name": d.Name})
		}
	}
	if associations != nil {
		v["resource_type_associations"] = associations
	}
	if objects != nil {
		v["objects"] = objects
	}
	if len(properties) > 0 {
		v["properties"] = properties
	}
	if tags != nil {
		v["tags"] = tags
	}
	return v, nil
}
