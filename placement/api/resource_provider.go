package api

import (
	"context"
	"time"

	"cumulet/oslo/rest"
	"cumulet/placement"
	"cumulet/placement/manager"
)

const (
	providerName   = `"name": {"type": "string", "minLength": 1, "maxLength": 200}`
	providerUUID   = `"uuid": {"type": "string", "pattern": "` + uuidForm + `"}`
	providerParent = `"parent_provider_uuid": {"anyOf": [{"type": "string", "format": "uuid"}, {"type": "null"}]}`
)

func (a *API) resourceProviderRoutes() []rest.Route {
	create := rest.Body(schema(providerName+", "+providerUUID, "name")).
		From(rest.V(1, 14), schema(providerName+", "+providerUUID+", "+providerParent, "name"))
	update := rest.Body(schema(providerName, "name")).From(rest.V(1, 14), schema(providerName+", "+providerParent, "name"))
	list := rest.Body(query("name", "uuid")).
		From(rest.V(1, 3), query("name", "uuid", "member_of")).
		From(rest.V(1, 4), query("name", "uuid", "member_of", "resources")).
		From(rest.V(1, 14), query("name", "uuid", "member_of", "resources", "in_tree")).
		From(rest.V(1, 18), query("name", "uuid", "member_of", "resources", "in_tree", "required"))
	const rule = "placement:resource_providers:"
	return []rest.Route{
		{Do: "GET /resource_providers", Rule: rule + "list", Query: list, Status: 200, Run: rest.Get(a.listResourceProviders)},
		{Do: "POST /resource_providers", Rule: rule + "create", In: create, Status: 201, Run: rest.JSON(a.createResourceProvider)},
		{Do: "GET /resource_providers/{uuid}", Rule: rule + "show", Status: 200, Run: rest.Get(a.showResourceProvider)},
		{Do: "PUT /resource_providers/{uuid}", Rule: rule + "update", In: update, Status: 200, Run: rest.JSON(a.updateResourceProvider)},
		{Do: "DELETE /resource_providers/{uuid}", Rule: rule + "delete", Status: 204, Run: rest.Do(a.deleteResourceProvider)},
	}
}

// providerView is a provider on the wire; as placement/handlers/resource_provider.py, _serialize_provider.
type providerView struct {
	UUID       string  `json:"uuid"`
	Name       string  `json:"name"`
	Generation int     `json:"generation"`
	Links      []link  `json:"links"`
	Parent     *orNull `json:"parent_provider_uuid,omitempty"`
	Root       *string `json:"root_provider_uuid,omitempty"`
}

// orNull is a string that is null when empty.
type orNull string

// MarshalJSON writes null for the empty string.
func (s orNull) MarshalJSON() ([]byte, error) {
	if s == "" {
		return []byte("null"), nil
	}
	return []byte(`"` + string(s) + `"`), nil // ids only: nothing to escape
}

type providersView struct {
	ResourceProviders []providerView `json:"resource_providers"`
}

func (a *API) viewProvider(c *rest.Call, p placement.ResourceProvider) providerView {
	self := a.path("/resource_providers/" + p.ID)
	v := providerView{UUID: p.ID, Name: p.Name, Generation: p.Generation, Links: []link{{"self", self}}}
	for _, rel := range []struct {
		since int
		name  string
	}{{0, "inventories"}, {0, "usages"}, {1, "aggregates"}, {6, "traits"}, {11, "allocations"}} {
		if c.Version.AtLeast(1, rel.since) {
			v.Links = append(v.Links, link{rel.name, self + "/" + rel.name})
		}
	}
	if c.Version.AtLeast(1, 14) {
		parent := orNull(p.ParentID)
		v.Parent, v.Root = &parent, &p.RootID
	}
	return v
}

func (a *API) listResourceProviders(ctx context.Context, c *rest.Call) (providersView, error) {
	if err := c.Authorize(nil); err != nil {
		return providersView{}, err
	}
	f, err := providerFilter(c)
	if err != nil {
		return providersView{}, err
	}
	list, err := a.Manager.ResourceProviders(ctx, f)
	v := providersView{ResourceProviders: []providerView{}}
	var newest time.Time
	for _, p := range list {
		v.ResourceProviders = append(v.ResourceProviders, a.viewProvider(c, p))
		newest = later(newest, p.UpdatedAt)
	}
	a.fresh(c, newest)
	return v, err
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func providerFilter(c *rest.Call) (f placement.ResourceProviderFilter, err error) {
	q := c.Query()
	f.Name = last(q, "name")
	for name, into := range map[string]*string{"uuid": &f.ID, "in_tree": &f.InTree} {
		if !q.Has(name) {
			continue
		}
		if *into = last(q, name); !isUUID(*into) {
			return f, badQuery("'%s' is not a 'uuid'", *into)
		}
		*into = dashed(*into)
	}
	if q.Has("resources") {
		if f.Resources, err = queryResources(last(q, "resources")); err != nil {
			return f, err
		}
	}
	if q.Has("required") {
		if f.Traits, err = queryTraits(c, q["required"]); err != nil {
			return f, err
		}
	}
	f.MemberOf, err = queryAggregates(c, q["member_of"], "")
	return f, err
}

type providerBody struct {
	UUID   string                `json:"uuid"`
	Name   string                `json:"name"`
	Parent rest.Optional[string] `json:"parent_provider_uuid"`
}

func (a *API) createResourceProvider(ctx context.Context, c *rest.Call, in providerBody) (any, error) {
	if err := c.Authorize(nil); err != nil {
		return nil, err
	}
	p, err := a.Manager.CreateResourceProvider(ctx, placement.ResourceProvider{
		ID: dashed(in.UUID), Name: in.Name, ParentID: in.Parent.Value,
	})
	if err != nil {
		return nil, err
	}
	c.Header().Set("Location", a.path("/resource_providers/"+p.ID))
	if !c.Version.AtLeast(1, 20) {
		return nil, nil
	}
	c.SetStatus(200)
	a.fresh(c, p.UpdatedAt)
	return a.viewProvider(c, p), nil
}

func (a *API) showResourceProvider(ctx context.Context, c *rest.Call) (v providerView, err error) {
	if err := c.Authorize(nil); err != nil {
		return v, err
	}
	p, err := a.Manager.ResourceProvider(ctx, c.Path("uuid"))
	if err != nil {
		return v, err
	}
	a.fresh(c, p.UpdatedAt)
	return a.viewProvider(c, p), nil
}

func (a *API) updateResourceProvider(ctx context.Context, c *rest.Call, in providerBody) (v providerView, err error) {
	if err := c.Authorize(nil); err != nil {
		return v, err
	}
	change := manager.ProviderChange{Name: in.Name, Reparent: c.Version.AtLeast(1, 37)}
	if in.Parent.Set {
		change.Parent = &in.Parent.Value
	}
	p, err := a.Manager.UpdateResourceProvider(ctx, c.Path("uuid"), change)
	if err != nil {
		return v, err
	}
	a.fresh(c, p.UpdatedAt)
	return a.viewProvider(c, p), nil
}

func (a *API) deleteResourceProvider(ctx context.Context, c *rest.Call) error {
	if err := c.Authorize(nil); err != nil {
		return err
	}
	return a.Manager.DeleteResourceProvider(ctx, c.Path("uuid"))
}
