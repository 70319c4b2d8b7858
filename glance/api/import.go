package api

import (
	"context"
	"encoding/json"
	"slices"

	"cumulet/glance"
	"cumulet/glance/store"
	"cumulet/oslo/fault"
	"cumulet/oslo/rest"
	"cumulet/oslo/telemetry"
)

func (a *API) importRoutes() []rest.Route {
	return []rest.Route{
		{Do: "PUT /v2/images/{id}/stage", Rule: "modify_image", Status: 204, MaxBody: -1, Run: rest.Do(a.stageFile)},
		{Do: "POST /v2/images/{id}/import", Rule: "modify_image", Status: 202, Run: rest.Do(a.importImage)},
	}
}

// stageFile takes bits that are to be imported, into the staging area.
func (a *API) stageFile(ctx context.Context, c *rest.Call) error {
	if !slices.Contains(a.Config.ImportMethods, glance.GlanceDirect) {
		return fault.New(fault.NotFound, "NotFound", "'glance-direct' method is not available at this site.")
	}
	if err := bitsOnly(c); err != nil {
		return err
	}
	i, err := a.modify(ctx, c, "modify_image")
	if err != nil {
		return err
	}
	return a.Transfer.Stage(ctx, caller(c), i.ID, c.Body(), c.Request.ContentLength)
}

// importBody is what an import is asked for with.
type importBody struct {
	Method *struct {
		Name *string `json:"name"`
		URI  string  `json:"uri"`
	} `json:"method"`
	Stores         []string `json:"stores"`
	AllStores      any      `json:"all_stores"`
	AllMustSucceed any      `json:"all_stores_must_succeed"`
}

// importImage begins an import. The order of what is looked at is upstream's, glance/api/v2/images.py, import_image.
func (a *API) importImage(ctx context.Context, c *rest.Call) error {
	m, err := a.readImport(c)
	if err != nil {
		return err
	}
	i, err := a.Registry.Image(ctx, caller(c), c.Path("id"))
	if err != nil {
		return err
	}
	if err := m.Suits(i); err != nil {
		return err
	}
	if m.Method == glance.CopyImage {
		err = authorize(c, "copy_image", i)
	} else {
		err = authorizeOwner(c, "modify_image", i)
	}
	if err != nil {
		return err
	}
	if m.Stores, err = a.importStores(c, m); err != nil {
		return err
	}
	if _, err := m.Left(i); err != nil {
		return err
	}
	if m.Method == glance.WebDownload && !a.Transfer.Fetchable(m.URI) {
		return glance.Invalid("URI for web-download does not pass filtering: %s", m.URI)
	}
	_, err = a.Registry.StartImport(ctx, caller(c), glance.StartImport{ID: i.ID, RequestID: telemetry.RequestID(ctx), Import: m, Roles: c.Who.Roles})
	return err
}

// readImport reads an import's body, as glance/api/v2/images.py, RequestDeserializer._validate_import_body.
func (a *API) readImport(c *rest.Call) (glance.Import, error) {
	var m glance.Import
	if _, err := decode(c.Raw); err != nil {
		return m, err
	}
	var body importBody
	if err := json.Unmarshal(c.Raw, &body); err != nil {
		return m, glance.Invalid("The import request is not as it shall be.").Because(err)
	}
	var ok, must bool
	switch {
	case body.Method == nil:
		return m, glance.Invalid("Import request requires a 'method' field.")
	case body.Method.Name == nil:
		return m, glance.Invalid("Import request requires a 'name' field.")
	case !slices.Contains(a.Config.ImportMethods, *body.Method.Name):
		return m, glance.Invalid("Unknown import method name '%s'.", *body.Method.Name)
	}
	if must, ok = boolean(body.AllMustSucceed, true); !ok {
		return m, glance.Invalid("'all_stores_must_succeed' must be boolean value only")
	}
	all, ok := boolean(body.AllStores, false)
	if !ok {
		return m, glance.Invalid("'all_stores' must be boolean value only")
	}
	m = glance.Import{
		Method: *body.Method.Name, URI: body.Method.URI, Stores: body.Stores, AllStores: all, AllMustSucceed: must, Asked: c.Raw,
	}
	return m, nil
}

// boolean reads a value that may be left out; false in ok for what is none.
func boolean(value any, otherwise bool) (is, ok bool) {
	if value == nil {
		return otherwise, true
	}
	is, ok = value.(bool)
	return is, ok
}

// importStores are where an import shall go: all, those it names, the header's, or the default. As glance/common/utils.py,
// get_stores_from_request.
func (a *API) importStores(c *rest.Call, m glance.Import) ([]string, error) {
	header := c.Request.Header.Get("X-Image-Meta-Store")
	switch {
	case m.AllStores && (m.Stores != nil || header != ""):
		return nil, glance.Invalid("All_stores parameter can't be used with x-image-meta-store header or stores parameter")
	case m.AllStores:
		return a.takingStores(), nil
	case m.Stores != nil && header != "":
		return nil, glance.Invalid("Stores parameter and x-image-meta-store header can't be both specified")
	case m.Stores != nil && len(m.Stores) == 0:
		return nil, glance.Invalid("No store is named.")
	case m.Stores == nil && header == "":
		return []string{a.Stores.Default().Name()}, nil
	case m.Stores == nil:
		m.Stores = []string{header}
	}
	for n, name := range m.Stores {
		s, ok := a.Stores.Named(name)
		switch {
		case !ok:
			return nil, glance.Conflict("Unknown scheme '%s' found in URI", name)
		case s.ReadOnly:
			return nil, store.ReadOnly()
		}
		if slices.Contains(m.Stores[:n], name) {
			return nil, glance.Invalid("Store '%s' is named twice.", name)
		}
	}
	return m.Stores, nil
}

// takingStores are those that images can be put to.
func (a *API) takingStores() []string {
	names := []string{}
	for _, s := range a.Stores {
		if !s.ReadOnly {
			names = append(names, s.Name())
		}
	}
	return names
}
