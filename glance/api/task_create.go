package api

import (
	"context"
	"encoding/json"
	"strings"

	"cumulet/glance"
	"cumulet/oslo/fault"
	"cumulet/oslo/rest"
	"cumulet/oslo/telemetry"
)

// createTask registers an image and imports its bits from the web: how administrators imported before images had an import of
// their own. As glance/api/v2/tasks.py, TasksController.create, but a URL that cannot be is refused before there is an image.
func (a *API) createTask(ctx context.Context, c *rest.Call) (taskView, error) {
	if err := c.Authorize(c.Mine()); err != nil {
		return taskView{}, err
	}
	input, err := readTask(c)
	if err != nil {
		return taskView{}, err
	}
	uri, err := a.importFrom(input)
	if err != nil {
		return taskView{}, err
	}
	i, err := a.newImage(c, input["image_properties"])
	if err == nil {
		err = authorizeNew(c, i)
	}
	if err != nil {
		return taskView{}, err
	}
	asked, err := json.Marshal(input)
	if err != nil {
		return taskView{}, err
	}
	t, err := a.Registry.StartTask(ctx, caller(c), glance.StartTask{Image: i, Import: glance.StartImport{
		RequestID: telemetry.RequestID(ctx), Roles: c.Who.Roles, ByHand: true,
		Import: glance.Import{
			Method: glance.WebDownload, URI: uri, Stores: []string{a.Stores.Default().Name()}, AllMustSucceed: true, Asked: asked,
		},
	}})
	if err != nil {
		return taskView{}, err
	}
	c.Header().Set("Location", c.URL("/v2/tasks/"+t.ID))
	return viewTask(t), nil
}

// readTask reads what a task shall do.
func readTask(c *rest.Call) (map[string]any, error) {
	body, err := object(c.Raw, "Request body must be a JSON object.")
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"type", "input"} {
		if _, there := body[name]; !there {
			return nil, glance.Invalid("Task '%s' is required", name)
		}
	}
	if body["type"] != glance.ImportTask {
		return nil, glance.Invalid("Provided object does not match schema 'task': %v is not a type of task that is started so", body["type"])
	}
	input, _ := body["input"].(map[string]any)
	for _, name := range []string{"import_from", "import_from_format", "image_properties"} {
		if _, there := input[name]; !there {
			return nil, glance.Invalid("Input does not contain '%s' field", name)
		}
	}
	return input, nil
}

// importFrom is where a task takes bits from. As glance/common/scripts/utils.py, validate_legacy_import_from_uri.
func (a *API) importFrom(input map[string]any) (string, error) {
	uri, _ := input["import_from"].(string)
	switch {
	case uri == "":
		return "", fault.New(fault.Invalid, "BadStoreUri", "Invalid location: %v", input["import_from"])
	case strings.HasPrefix(uri, "file:///"), strings.HasPrefix(uri, "filesystem:///"):
		return "", fault.New(fault.Invalid, "BadStoreUri", "File based imports are not allowed. Please use a non-local source of image data.")
	case !strings.HasPrefix(uri, "http://") && !strings.HasPrefix(uri, "https://"):
		return "", glance.Invalid("The given uri is not valid. Please specify a valid uri from the following list of supported uri ['http']")
	case !a.Transfer.Fetchable(uri):
		return "", glance.Invalid("URI for legacy import task does not pass filtering: %s", uri)
	}
	return uri, nil
}
