package api

import (
	"context"
	"slices"
	"strings"

	"cumulet/glance"
	"cumulet/oslo/fault"
	"cumulet/oslo/rest"
)

// definitions are the handlers of one kind of definitions.
type definitions struct {
	*API
	kind glance.DefinitionKind
	// list, get, add, modify, remove are the rules, removeAll that of all at once beside the namespace's own.
	list, get, add, modify, remove string
	removeAll                      []string
	// read reads a body; view shows a definition.
	read func(c *rest.Call) (glance.Definition, error)
	view func(namespace string, d glance.Definition) (map[string]any, error)
	// within finds the namespace, in the words that upstream has there for none.
	within func(ctx context.Context, c *rest.Call, whole bool, rules ...string) (glance.Namespace, error)
}

func (a *API) definitionRoutes() []rest.Route {
	objects := definitions{
		API: a, kind: glance.DefinedObject, list: "get_metadef_objects", get: "get_metadef_object", add: "add_metadef_object",
		modify: "modify_metadef_object", remove: "delete_metadef_object", read: a.readObject, view: objectView, within: a.inNamespace,
	}
	properties := definitions{
		API: a, kind: glance.DefinedProperty, list: "get_metadef_properties", get: "get_metadef_property", add: "add_metadef_property",
		modify: "modify_metadef_property", remove: "remove_metadef_property", read: a.readProperty, view: propertyView, within: a.inNamespaceShortly,
	}
	tags := definitions{
		API: a, kind: glance.DefinedTag, list: "get_metadef_tags", get: "get_metadef_tag", add: "add_metadef_tag",
		modify: "modify_metadef_tag", remove: "delete_metadef_tag", removeAll: []string{"delete_metadef_tags"}, read: a.readTag, view: tagView,
		within: a.inNamespaceShortly,
	}
	var routes []rest.Route
	for _, of := range []struct {
		definitions
		plural string
		index  func(context.Context, *rest.Call) (map[string]any, error)
		show   func(context.Context, *rest.Call) (map[string]any, error)
	}{
		{objects, "objects", objects.listObjects, objects.show}, {properties, "properties", properties.listProperties, properties.showProperty},
		{tags, "tags", tags.listTags, tags.show},
	} {
		all := namespacePath + "/" + of.plural
		routes = append(routes,
			rest.Route{Do: "GET " + all, Rule: of.list, Status: 200, Run: rest.Get(of.index)},
			rest.Route{Do: "DELETE " + all, Rule: "delete_metadef_namespace", Status: 204, Run: rest.Do(of.deleteAll)},
			rest.Route{Do: "GET " + all + "/{name}", Rule: of.get, Status: 200, Run: rest.Get(of.show)},
			rest.Route{Do: "PUT " + all + "/{name}", Rule: of.modify, Status: 200, Run: rest.Get(of.update)},
			rest.Route{Do: "DELETE " + all + "/{name}", Rule: of.remove, Status: 204, Run: rest.Do(of.delete)},
		)
		if of.kind != glance.DefinedTag {
			routes = append(routes, rest.Route{Do: "POST " + all, Rule: of.add, Status: 201, Run: rest.Get(of.create)})
		}
	}
	return append(routes,
		rest.Route{Do: "POST " + namespacePath + "/tags", Rule: "add_metadef_tags", Status: 201, Run: rest.Get(tags.createTags)},
		rest.Route{Do: "POST " + namespacePath + "/tags/{name}", Rule: "add_metadef_tag", Status: 201, Run: rest.Get(tags.createTag)},
	)
}

func (h definitions) create(ctx context.Context, c *rest.Call) (map[string]any, error) {
	d, err := h.read(c)
	if err != nil {
		return nil, err
	}
	return h.insert(ctx, c, d)
}

// insert adds a definition and shows it.
func (h definitions) insert(ctx context.Context, c *rest.Call, d glance.Definition) (map[string]any, error) {
	n, err := h.within(ctx, c, false, h.add)
	if err != nil {
		return nil, err
	}
	made, err := h.Registry.CreateDefinitions(ctx, caller(c), n.Name, h.kind, []glance.Definition{d}, false)
	if err != nil {
		return nil, err
	}
	return h.view(n.Name, made[0])
}

// all reads a page of the kind.
func (h definitions) all(ctx context.Context, c *rest.Call) (glance.Namespace, []glance.Definition, error) {
	page, err := h.page(c)
	if err != nil {
		return glance.Namespace{}, nil, err
	}
	n, err := h.within(ctx, c, false, h.list)
	if err != nil {
		return n, nil, err
	}
	found, err := h.Registry.Definitions(ctx, caller(c), n.Name, h.kind, page)
	if !c.Allowed(h.get, namespaceTarget(n)) {
		found = nil
	}
	return n, found, err
}

// page reads which part of the kind is wanted. Only tags come in parts: of objects upstream checks what is asked and gives all, by name,
// of properties it does not even look. As glance/api/v2/metadef_objects.py, metadef_properties.py and glance/db/__init__.py.
func (h definitions) page(c *rest.Call) (glance.Page, error) {
	all := glance.Page{SortKey: "name", Upwards: true}
	if h.kind == glance.DefinedProperty {
		return all, nil
	}
	page, err := pageOf(c)
	if err != nil {
		return page, err
	}
	if _, err := visibilityOf(c, glance.Public, glance.Private, glance.Shared); err != nil {
		return page, err
	}
	if h.kind == glance.DefinedTag {
		return page, nil
	}
	if page.Limit < 0 {
		return page, glance.Invalid("limit param must be positive")
	}
	return all, nil
}

func (h definitions) listObjects(ctx context.Context, c *rest.Call) (map[string]any, error) {
	n, found, err := h.all(ctx, c)
	views := []map[string]any{}
	for _, d := range found {
		v, err := keptObjectView(n.Name, d)
		if err != nil {
			return nil, err
		}
		views = append(views, v)
	}
	return map[string]any{"objects": views, "schema": "v2/schemas/metadefs/objects"}, err
}

func (h definitions) listProperties(ctx context.Context, c *rest.Call) (map[string]any, error) {
	_, found, err := h.all(ctx, c)
	views := map[string]any{}
	for _, d := range found {
		v, err := shown(d, nil)
		if err != nil {
			return nil, err
		}
		views[d.Name] = v
	}
	return map[string]any{"properties": views}, err
}

func (h definitions) listTags(ctx context.Context, c *rest.Call) (map[string]any, error) {
	_, found, err := h.all(ctx, c)
	views := []map[string]any{}
	for _, d := range found {
		views = append(views, map[string]any{"name": d.Name})
	}
	return map[string]any{"tags": views}, err
}

func (h definitions) show(ctx context.Context, c *rest.Call) (map[string]any, error) {
	n, err := h.within(ctx, c, false, h.get)
	if err != nil {
		return nil, err
	}
	d, err := h.Registry.Definition(ctx, caller(c), n.Name, h.kind, c.Path("name"))
	if err != nil {
		return nil, err
	}
	if h.kind == glance.DefinedObject {
		return keptObjectView(n.Name, d)
	}
	return h.view(n.Name, d)
}

// showProperty is show; with a resource type, the name in the path has that one's prefix.
func (h definitions) showProperty(ctx context.Context, c *rest.Call) (map[string]any, error) {
	wanted := c.Query().Get("resource_type")
	if wanted == "" {
		return h.show(ctx, c)
	}
	n, err := h.within(ctx, c, true, h.get, "get_metadef_resource_type")
	if err != nil {
		return nil, err
	}
	for _, a := range n.Associations {
		if a.Name != wanted {
			continue
		}
		name, cut := c.Path("name"), false
		if a.Prefix != nil && *a.Prefix != "" {
			name, cut = strings.CutPrefix(name, *a.Prefix)
		}
		if !cut {
			return nil, fault.New(fault.NotFound, "NotFound", "Property %s does not start with the expected resource type association prefix of '%s'.",
				c.Path("name"), shownPrefix(a))
		}
		d, err := h.Registry.Definition(ctx, caller(c), n.Name, h.kind, name)
		if err != nil {
			return nil, err
		}
		return h.view(n.Name, d)
	}
	types, err := h.Registry.ResourceTypes(ctx)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(types, func(t glance.ResourceType) bool { return t.Name == wanted }) {
		return nil, fault.New(fault.NotFound, "MetadefResourceTypeNotFound", "The metadata definition resource-type with name=%s, was not found.", wanted)
	}
	return nil, fault.New(fault.NotFound, "MetadefResourceTypeAssociationNotFound",
		"The metadata definition resource-type association of resource-type=%s to namespace=%s, was not found.", wanted, n.Name)
}

// shownPrefix is a prefix as Python writes it where there is none.
func shownPrefix(a glance.Association) string {
	if a.Prefix == nil {
		return "None"
	}
	return *a.Prefix
}

func (h definitions) update(ctx context.Context, c *rest.Call) (map[string]any, error) {
	d, err := h.read(c)
	if err != nil {
		return nil, err
	}
	n, err := h.within(ctx, c, false, h.modify)
	if err != nil {
		return nil, err
	}
	if d, err = h.Registry.UpdateDefinition(ctx, caller(c), n.Name, c.Path("name"), d); err != nil {
		return nil, err
	}
	return h.view(n.Name, d)
}

func (h definitions) delete(ctx context.Context, c *rest.Call) error {
	n, err := h.within(ctx, c, false, h.remove)
	if err != nil {
		return err
	}
	return h.Registry.DeleteDefinitions(ctx, caller(c), n.Name, h.kind, c.Path("name"))
}

func (h definitions) deleteAll(ctx context.Context, c *rest.Call) error {
	n, err := h.inNamespaceShortly(ctx, c, false, append([]string{"delete_metadef_namespace"}, h.removeAll...)...)
	if err != nil {
		return err
	}
	return h.Registry.DeleteDefinitions(ctx, caller(c), n.Name, h.kind, "")
}

// createTag makes the tag of the path.
func (h definitions) createTag(ctx context.Context, c *rest.Call) (map[string]any, error) {
	name := c.Path("name")
	if len([]rune(name)) > 80 {
		return nil, glance.Invalid("Provided object does not match schema 'tag': '%s' is too long", name)
	}
	return h.insert(ctx, c, glance.Definition{Kind: h.kind, Name: name, Body: []byte("{}")})
}

// createTags puts tags in the place of those there are, or adds them where a header says so.
func (h definitions) createTags(ctx context.Context, c *rest.Call) (map[string]any, error) {
	given, err := h.members(c, h.schemas.metadef.tagList, "created_at", "updated_at")
	if err != nil {
		return nil, err
	}
	n, err := h.within(ctx, c, false, "add_metadef_tags")
	if err != nil {
		return nil, err
	}
	tags, err := h.readDefinitions(map[string]any{"tags": given["tags"]})
	if err != nil {
		return nil, err
	}
	views := []map[string]any{}
	for _, t := range tags {
		views = append(views, map[string]any{"name": t.Name})
	}
	if len(tags) > 0 { // with none, nothing changes, as glance/db/sqlalchemy/metadef_api/tag.py has it
		appended := isTrue(c.Request.Header.Get("X-Openstack-Append"))
		_, err = h.Registry.CreateDefinitions(ctx, caller(c), n.Name, h.kind, tags, !appended)
	}
	return map[string]any{"tags": views}, err
}

// isTrue reads a flag as oslo_utils/strutils.py, bool_from_string.
func isTrue(s string) bool {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "1", "t", "true", "on", "y", "yes":
		return true
	}
	return false
}

func (a *API) readObject(c *rest.Call) (d glance.Definition, err error) {
	given, err := a.members(c, a.schemas.metadef.object, "self", "schema", "created_at", "updated_at")
	if err != nil {
		return d, err
	}
	all, err := a.readDefinitions(map[string]any{"objects": []any{given}})
	if err != nil {
		return d, err
	}
	return all[0], nil
}

func (a *API) readProperty(c *rest.Call) (d glance.Definition, err error) {
	given, err := a.members(c, a.schemas.metadef.property, "created_at", "updated_at")
	if err == nil {
		err = only(given, append([]string{"name"}, propertyMembers...)...)
	}
	if err != nil {
		return d, err
	}
	d.Kind, d.Name = glance.DefinedProperty, *word(given, "name")
	d.Body, err = bodyOf(given) // with its name, which upstream's lists then show, too
	return d, err
}

func (a *API) readTag(c *rest.Call) (d glance.Definition, err error) {
	given, err := a.members(c, a.schemas.metadef.tag, "created_at", "updated_at")
	if err != nil {
		return d, err
	}
	return glance.Definition{Kind: glance.DefinedTag, Name: *word(given, "name"), Body: []byte("{}")}, nil
}

func objectView(namespace string, d glance.Definition) (map[string]any, error) {
	return shown(d, map[string]any{
		"name": d.Name, "created_at": isoTime(d.CreatedAt), "updated_at": isoTime(d.UpdatedAt),
		"self": "/v2/metadefs/namespaces/" + namespace + "/objects/" + d.Name, "schema": "/v2/schemas/metadefs/object",
	})
}

// keptObjectView is an object as it is read again, which tells what it has none of. As glance/db/__init__.py, _format_metadef_object_from_db.
func keptObjectView(namespace string, d glance.Definition) (map[string]any, error) {
	v, err := objectView(namespace, d)
	if err != nil {
		return nil, err
	}
	if v["properties"] == nil {
		v["properties"] = map[string]any{}
	}
	if v["required"] == nil {
		v["required"] = []string{}
	}
	return v, nil
}

func propertyView(_ string, d glance.Definition) (map[string]any, error) {
	return shown(d, map[string]any{"name": d.Name})
}

func tagView(_ string, d glance.Definition) (map[string]any, error) {
	return map[string]any{"name": d.Name, "created_at": isoTime(d.CreatedAt), "updated_at": isoTime(d.UpdatedAt)}, nil
}
