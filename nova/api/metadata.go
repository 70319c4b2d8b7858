package api

import (
	"context"

	"cumulet/oslo/rest"
)

func (a *API) metadataRoutes() []rest.Route {
	all := rest.Body(rest.MustSchema(object(`"metadata": `+metadata, "metadata")))
	one := rest.Body(rest.MustSchema(object(`"meta": {"type": "object", "additionalProperties": false, "minProperties": 1,
		"maxProperties": 1, "patternProperties": {"`+metadataKey+`": {"type": "string", "maxLength": 255}}}`, "meta")))
	const at, rule = " /v2.1/servers/{id}/metadata", "os_compute_api:server-metadata:"
	return []rest.Route{
		{Do: "GET" + at, Rule: rule + "index", Status: 200, Run: rest.Get(a.listMetadata)},
		{Do: "POST" + at, Rule: rule + "create", In: all, Status: 200, Run: rest.JSON(a.addMetadata)},
		{Do: "PUT" + at, Rule: rule + "update_all", In: all, Status: 200, Run: rest.JSON(a.replaceMetadata)},
		{Do: "GET" + at + "/{key}", Rule: rule + "show", Status: 200, Run: rest.Get(a.showMetadata)},
		{Do: "PUT" + at + "/{key}", Rule: rule + "update", In: one, Status: 200, Run: rest.JSON(a.setMetadata)},
		{Do: "DELETE" + at + "/{key}", Rule: rule + "delete", Status: 204, Run: rest.Do(a.deleteMetadata)},
	}
}

type metadataBody struct {
	Metadata map[string]string `json:"metadata"`
	Meta     map[string]string `json:"meta"`
}

func (a *API) listMetadata(ctx context.Context, c *rest.Call) (view, error) {
	s, err := a.server(ctx, c)
	return view{"metadata": orEmpty(s.Metadata)}, err
}

func (a *API) showMetadata(ctx context.Context, c *rest.Call) (view, error) {
	s, err := a.server(ctx, c)
	if err != nil {
		return nil, err
	}
	value, found := s.Metadata[c.Path("key")]
	if !found {
		return nil, none("Metadata item was not found")
	}
	return view{"meta": view{c.Path("key"): value}}, nil
}

func (a *API) addMetadata(ctx context.Context, c *rest.Call, in metadataBody) (view, error) {
	return a.putMetadata(ctx, c, in, false)
}

func (a *API) replaceMetadata(ctx context.Context, c *rest.Call, in metadataBody) (view, error) {
	return a.putMetadata(ctx, c, in, true)
}

func (a *API) putMetadata(ctx context.Context, c *rest.Call, in metadataBody, replace bool) (view, error) {
	s, err := a.server(ctx, c)
	if err != nil {
		return nil, err
	}
	whole, err := a.Manager.SetMetadata(ctx, c.Who, s.ID, in.Metadata, replace)
	return view{"metadata": orEmpty(whole)}, err
}

func (a *API) setMetadata(ctx context.Context, c *rest.Call, in metadataBody) (view, error) {
	s, err := a.server(ctx, c)
	if err != nil {
		return nil, err
	}
	if _, named := in.Meta[c.Path("key")]; !named {
		return nil, bad("Request body and URI mismatch")
	}
	_, err = a.Manager.SetMetadata(ctx, c.Who, s.ID, in.Meta, false)
	return view{"meta": in.Meta}, err
}

func (a *API) deleteMetadata(ctx context.Context, c *rest.Call) error {
	s, err := a.server(ctx, c)
	if err != nil {
		return err
	}
	return a.Manager.DeleteMetadata(ctx, c.Who, s.ID, c.Path("key"))
}
