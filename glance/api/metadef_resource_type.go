package api

import (
	"context"

	"cumulet/glance"
	"cumulet/oslo/fault"
	"cumulet/oslo/policy"
	"cumulet/oslo/rest"
)

func (a *API) resourceTypeRoutes() []rest.Route {
	const all = namespacePath + "/resource_types"
	return []rest.Route{
		{Do: "GET /v2/metadefs/resource_types", Rule: "list_metadef_resource_types", Status: 200, Run: rest.Get(a.listResourceTypes)},
		{Do: "GET " + all, Rule: "list_metadef_resource_types", Status: 200, Run: rest.Get(a.listAssociations)},
		{Do: "POST " + all, Rule: "add_metadef_resource_type_association", Status: 201, Run: rest.Get(a.createAssociation)},
		{Do: "DELETE " + all + "/{name}", Rule: "remove_metadef_resource_type_association", Status: 204, Run: rest.Do(a.deleteAssociation)},
	}
}

func (a *API) listResourceTypes(ctx context.Context, c *rest.Call) (map[string]any, error) {
	if err := c.AuthorizeRule("list_metadef_resource_types", policy.Target{"project_id": c.Who.ProjectID}); err != nil {
		return nil, err
	}
	found, err := a.Registry.ResourceTypes(ctx)
	views := []map[string]any{}
	for _, t := range found {
		views = append(views, map[string]any{"name": t.Name, "created_at": isoTime(t.CreatedAt), "updated_at": isoTime(t.UpdatedAt)})
	}
	return map[string]any{"resource_types": views}, err
}

func (a *API) listAssociations(ctx context.Context, c *rest.Call) (map[string]any, error) {
	n, err := a.inNamespaceShortly(ctx, c, true, "list_metadef_resource_types")
	if err != nil {
		return nil, err
	}
	views := []map[string]any{}
	if c.Allowed("get_metadef_resource_type", namespaceTarget(n)) {
		for _, one := range n.Associations {
			views = append(views, associationView(one))
		}
	}
	return map[string]any{"resource_type_associations": views}, nil
}

func (a *API) createAssociation(ctx context.Context, c *rest.Call) (map[string]any, error) {
	given, err := a.members(c, a.schemas.metadef.association, "created_at", "updated_at")
	if err != nil {
		return nil, err
	}
	one, err := readAssociation(given)
	if err != nil {
		return nil, err
	}
	n, err := a.inNamespaceShortly(ctx, c, false, "add_metadef_resource_type_association")
	if err != nil {
		return nil, err
	}
	one, err = a.Registry.Associate(ctx, caller(c), n.Name, one)
	return associationView(one), err
}

func (a *API) deleteAssociation(ctx context.Context, c *rest.Call) error {
	n, err := a.inNamespaceShortly(ctx, c, false, "remove_metadef_resource_type_association")
	if err != nil {
		return err
	}
	return a.Registry.Dissociate(ctx, caller(c), n.Name, c.Path("name"))
}

// readAssociations reads those of a namespace's body, which its schema leaves loose.
func readAssociations(given any) (all []glance.Association, err error) {
	list, _ := given.([]any)
	for _, one := range list {
		a, err := readAssociation(one.(map[string]any))
		if err != nil {
			return nil, err
		}
		all = append(all, a)
	}
	return all, nil
}

func readAssociation(given map[string]any) (a glance.Association, err error) {
	if err := only(given, "name", "prefix", "properties_target"); err != nil {
		return a, err
	}
	for _, name := range []string{"name", "prefix", "properties_target"} {
		if s := word(given, name); s != nil && len([]rune(*s)) > 80 {
			return a, glance.Invalid("Provided object does not match schema 'resource_type_association': '%s' is too long", *s)
		}
	}
	name := word(given, "name")
	if name == nil || *name == "" {
		return a, fault.New(fault.Invalid, "Invalid", "A resource type has a name")
	}
	return glance.Association{Name: *name, Prefix: word(given, "prefix"), PropertiesTarget: word(given, "properties_target")}, nil
}

func associationView(a glance.Association) map[string]any {
	v := map[string]any{"name": a.Name, "created_at": isoTime(a.CreatedAt), "updated_at": isoTime(a.UpdatedAt)}
	for name, value := range map[string]*string{"prefix": a.Prefix, "properties_target": a.PropertiesTarget} {
		if value != nil {
			v[name] = *value
		}
	}
	return v
}
