package api

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"cumulet/glance"
	"cumulet/oslo/fault"
	"cumulet/oslo/policy"
	"cumulet/oslo/rest"
)

func (a *API) imageRoutes() []rest.Route {
	return []rest.Route{
		{Do: "POST /v2/images", Rule: "add_image", Status: 201, Run: rest.Get(a.createImage)},
		{Do: "GET /v2/images", Rule: "get_images", Status: 200, Run: rest.Get(a.listImages)},
		{Do: "GET /v2/images/{id}", Rule: "get_image", Status: 200, Run: rest.Get(a.showImage)},
		{Do: "PATCH /v2/images/{id}", Rule: "modify_image", Status: 200, Run: rest.Get(a.updateImage)},
		{Do: "DELETE /v2/images/{id}", Rule: "delete_image", Status: 204, Run: rest.Do(a.deleteImage)},
		{Do: "PUT /v2/images/{id}/tags/{tag}", Rule: "modify_image", Status: 204, Run: rest.Do(a.addTag)},
		{Do: "DELETE /v2/images/{id}/tags/{tag}", Rule: "modify_image", Status: 204, Run: rest.Do(a.deleteTag)},
		{Do: "POST /v2/images/{id}/actions/deactivate", Rule: "deactivate", Status: 204, Run: rest.Do(a.deactivateImage)},
		{Do: "POST /v2/images/{id}/actions/reactivate", Rule: "reactivate", Status: 204, Run: rest.Do(a.reactivateImage)},
	}
}

func (a *API) createImage(ctx context.Context, c *rest.Call) (imageView, error) {
	value, err := decode(c.Raw)
	if err != nil {
		return nil, err
	}
	i, err := a.newImage(c, value)
	if err == nil {
		err = authorizeNew(c, i)
	}
	if err != nil {
		return nil, err
	}
	i, err = a.Registry.CreateImage(ctx, caller(c), i)
	if err != nil {
		return nil, err
	}
	c.Header().Set("Location", c.URL("/v2/images/"+i.ID))
	c.Header().Set("OpenStack-image-store-ids", strings.Join(a.storeNames(), ","))
	if len(a.Config.ImportMethods) > 0 {
		c.Header().Set("OpenStack-image-import-methods", strings.Join(a.Config.ImportMethods, ","))
	}
	return a.view(c, i), nil
}

// authorizeNew asks whether the caller may register an image such as this.
func authorizeNew(c *rest.Call, i glance.Image) error {
	t := policy.Target{"project_id": i.Owner, "owner": i.Owner, "visibility": string(i.Visibility)}
	err := c.AuthorizeRule("add_image", t)
	switch {
	case err == nil:
		return authorizeVisibility(c, i.Visibility, t)
	case i.Owner != c.Who.ProjectID:
		return glance.Forbidden("You are not permitted to create images owned by '%s'.", cmp.Or(i.Owner, "None")).Because(err)
	}
	return err
}

// newImage reads the image that a body, or the part of one, describes.
func (a *API) newImage(c *rest.Call, value any) (glance.Image, error) {
	i := glance.Image{Owner: c.Who.ProjectID, Visibility: glance.Shared, Properties: map[string]string{}}
	fields, ok := value.(map[string]any)
	if !ok {
		return i, glance.Invalid("Request body must be a JSON object.")
	}
	for _, name := range disallowed() {
		if _, set := fields[name]; set {
			return i, errReadOnly(name)
		}
	}
	if err := a.validate(value); err != nil {
		return i, err
	}
	for name, value := range fields {
		if err := setField(&i, name, value); err != nil {
			return i, err
		}
	}
	return i, nil
}

// setField sets one member of a new image's body, which has passed the schema.
func setField(i *glance.Image, name string, value any) error {
	text, _ := value.(string)
	on, _ := value.(bool)
	switch name {
	case "id":
		i.ID = text
	case "name":
		if value != nil {
			i.Name = &text
		}
	case "owner":
		i.Owner = text
	case "visibility":
		i.Visibility = glance.Visibility(text)
	case "disk_format":
		i.DiskFormat = text
	case "container_format":
		i.ContainerFormat = text
	case "protected":
		i.Protected = on
	case "os_hidden":
		i.Hidden = on
	case "min_disk":
		return whole(name, value, &i.MinDiskGiB)
	case "min_ram":
		return whole(name, value, &i.MinRAMMiB)
	case "tags":
		list, _ := value.([]any)
		for _, tag := range list {
			s, _ := tag.(string)
			i.Tags = append(i.Tags, s)
		}
	default:
		return setProperty(i, name, value)
	}
	return nil
}

func setProperty(i *glance.Image, name string, value any) error {
	text, isText := value.(string)
	switch {
	case slices.Contains(readOnly(), name):
		return errReadOnly(name)
	case name == "locations":
		return errReserved(name)
	case reserved(name):
		return glance.Below(fault.Of(errReserved(name)))
	case len([]rune(name)) > 255:
		return glance.Invalid("Custom property should not be greater than 255 characters.")
	case isText && len(text) > maxValue:
		return glance.Invalid("Property %s is longer than %d bytes.", name, maxValue)
	case isText:
		i.Properties[name] = text
	}
	return nil // null, where the schema allows it, is to have none
}

// maxValue bounds the value of a property, in bytes.
const maxValue = 65535

func (a *API) showImage(ctx context.Context, c *rest.Call) (imageView, error) {
	i, err := a.Registry.Image(ctx, caller(c), c.Path("id"))
	if err != nil {
		return nil, err
	}
	if err := authorize(c, "get_image", i); err != nil {
		return nil, err
	}
	return a.view(c, i), nil
}

func (a *API) updateImage(ctx context.Context, c *rest.Call) (imageView, error) {
	changes, err := a.readPatch(c)
	if err != nil {
		return nil, err
	}
	i, err := a.Registry.Image(ctx, caller(c), c.Path("id"))
	if err != nil {
		return nil, err
	}
	if err := a.authorizeChanges(c, i, changes); err != nil {
		return nil, err
	}
	if len(changes) == 0 {
		return a.view(c, i), nil
	}
	if err := a.lookAt(ctx, i, changes); err != nil {
		return nil, err
	}
	changed, err := a.Registry.UpdateImage(ctx, caller(c), i.ID, changes)
	if err != nil {
		return nil, err
	}
	if !a.Config.DelayedDelete {
		a.Transfer.Clear(ctx, i, changed)
	}
	return a.view(c, changed), nil
}

// authorizeChanges asks for each change whether the caller may do it.
func (a *API) authorizeChanges(c *rest.Call, i glance.Image, changes []glance.Change) error {
	if len(changes) == 0 { // upstream asks nothing more of a patch that changes nothing
		return authorize(c, "get_image", i)
	}
	for _, change := range changes {
		switch {
		case change.Name == glance.Locations:
			if err := a.authorizeLocations(c, i, change); err != nil {
				return err
			}
			continue
		case change.Name == "visibility":
			v, _ := change.Value.(string)
			if err := authorizeVisibility(c, glance.Visibility(v), target(i)); err != nil {
				return err
			}
		}
		if err := authorizeOwner(c, "modify_image", i); err != nil {
			return err
		}
	}
	return nil
}

// authorizeLocations asks whether the caller may change where bits lie, and refuses where this site does not show it
// (show_multiple_locations).
func (a *API) authorizeLocations(c *rest.Call, i glance.Image, change glance.Change) error {
	list, isList := change.Value.([]any)
	if change.Operation == glance.Replace && isList && len(list) == 0 {
		return glance.Below(glance.Forbidden("Cannot set locations to empty list."))
	}
	rule, verb := "set_image_location", map[glance.Operation]string{
		glance.Add: "add", glance.Replace: "update", glance.Remove: "remove"}[change.Operation]
	if change.Operation == glance.Remove {
		rule = "delete_image_location"
	}
	if err := authorize(c, rule, i); err != nil {
		return err
	}
	if a.Config.ShowLocations {
		return nil
	}
	return glance.Forbidden("It's not allowed to %s locations if locations are invisible.", verb)
}

func (a *API) deleteImage(ctx context.Context, c *rest.Call) error {
	i, err := a.Registry.Image(ctx, caller(c), c.Path("id"))
	if err == nil {
		if err := authorizeOwner(c, "delete_image", i); err != nil {
			return err
		}
		err = a.Transfer.Delete(ctx, caller(c), i.ID)
	}
	if f := fault.Of(err); f != nil && f.Name == "ImageNotFound" {
		return fault.New(fault.NotFound, f.Name, "Failed to find image %s to delete", c.Path("id"))
	}
	return err
}

// modify asks whether the caller may change an image before a change of one thing about it.
func (a *API) modify(ctx context.Context, c *rest.Call, rule string) (glance.Image, error) {
	i, err := a.Registry.Image(ctx, caller(c), c.Path("id"))
	if err != nil {
		return i, err
	}
	return i, authorizeOwner(c, rule, i)
}

func (a *API) addTag(ctx context.Context, c *rest.Call) error {
	if err := a.validate(map[string]any{"tags": []any{c.Path("tag")}}); err != nil {
		return err
	}
	i, err := a.modify(ctx, c, "modify_image")
	if err != nil {
		return tagFault(err, c.Path("id"))
	}
	return a.Registry.AddTag(ctx, caller(c), i.ID, c.Path("tag"))
}

func (a *API) deleteTag(ctx context.Context, c *rest.Call) error {
	i, err := a.modify(ctx, c, "modify_image")
	if err != nil {
		return tagFault(err, c.Path("id"))
	}
	return a.Registry.DeleteTag(ctx, caller(c), i.ID, c.Path("tag"))
}

// tagFault words an image that is not there as the tags' controller does.
func tagFault(err error, id string) error {
	if f := fault.Of(err); f != nil && f.Name == "ImageNotFound" {
		return fault.New(fault.NotFound, f.Name, "Image %s not found.", id)
	}
	return err
}

func (a *API) deactivateImage(ctx context.Context, c *rest.Call) error {
	i, err := a.modify(ctx, c, "deactivate")
	if err != nil {
		return err
	}
	return a.Transfer.Deactivate(ctx, caller(c), i.ID)
}

func (a *API) reactivateImage(ctx context.Context, c *rest.Call) error {
	i, err := a.modify(ctx, c, "reactivate")
	if err != nil {
		return err
	}
	return a.Registry.ActivateImage(ctx, caller(c), i.ID, true)
}
