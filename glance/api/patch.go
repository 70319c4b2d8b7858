package api

import (
	"mime"
	"regexp"
	"slices"
	"strings"

	"cumulet/glance"
	"cumulet/oslo/fault"
	"cumulet/oslo/rest"
)

// The media types of a patch: the older names operation and path in one member, {"replace": "/name", "value": "x"}.
const (
	patchV20 = "application/openstack-images-v2.0-json-patch"
	patchV21 = "application/openstack-images-v2.1-json-patch"
)

// readPatch reads the changes that a body asks for.
func (a *API) readPatch(c *rest.Call) ([]glance.Change, error) {
	kind, _, err := mime.ParseMediaType(c.Request.Header.Get("Content-Type"))
	if err != nil || kind != patchV20 && kind != patchV21 {
		c.Header().Set("Accept-Patch", patchV20+", "+patchV21)
		return nil, fault.New(fault.Unsupported, "HTTPUnsupportedMediaType",
			"The request media type %s is not supported by this server.", c.Request.Header.Get("Content-Type"))
	}
	value, err := decode(c.Raw)
	if err != nil {
		return nil, err
	}
	list, ok := value.([]any)
	if !ok {
		return nil, glance.Invalid("Request body must be a JSON array of operation objects.")
	}
	changes := make([]glance.Change, 0, len(list))
	for _, item := range list {
		operation, ok := item.(map[string]any)
		if !ok {
			return nil, glance.Invalid("Operations must be JSON objects.")
		}
		change, err := a.readChange(operation, kind == patchV20)
		if err != nil {
			return nil, err
		}
		changes = append(changes, change)
	}
	return changes, nil
}

func (a *API) readChange(raw map[string]any, old bool) (glance.Change, error) {
	read := operationV21
	if old {
		read = operationV20
	}
	operation, pointer, err := read(raw)
	if err != nil {
		return glance.Change{}, err
	}
	path, err := decodePointer(pointer)
	if err != nil {
		return glance.Change{}, err
	}
	depth := 1
	if path[0] == glance.Locations && operation != glance.Replace {
		depth = 2
	}
	if len(path) != depth {
		return glance.Change{}, glance.Invalid("Invalid JSON pointer for this resource: '/%s'", strings.Join(path, "/"))
	}
	change := glance.Change{Operation: operation, Name: path[0], Strict: old}
	if depth == 2 {
		change.Position = path[1]
	}
	if operation != glance.Remove {
		value, ok := raw["value"]
		if !ok {
			return change, glance.Invalid("Operation \"%s\" requires a member named \"value\".", operation)
		}
		change.Value = value
	}
	return change, a.checkChange(&change)
}

// checkChange refuses what no client may change, and values that are none.
func (a *API) checkChange(change *glance.Change) error {
	switch {
	case slices.Contains(readOnly(), change.Name):
		return errReadOnly(change.Name)
	case reserved(change.Name):
		return errReserved(change.Name)
	case change.Operation == glance.Remove:
		return nil
	}
	value := change.Value
	if change.Name == glance.Locations && change.Operation == glance.Add {
		value = []any{value}
	}
	return a.validate(map[string]any{change.Name: value})
}

func operationV21(raw map[string]any) (glance.Operation, string, error) {
	const available = "It must be one of the following: add, remove, replace."
	op, there := raw["op"]
	if !there || op == nil {
		return "", "", glance.Invalid("Unable to find `op` in JSON Schema change. %s", available)
	}
	name, _ := op.(string)
	operation := glance.Operation(name)
	if !slices.Contains(operations(), operation) {
		return "", "", glance.Invalid("Invalid operation: `%s`. %s", plain(op), available)
	}
	path, there := raw["path"]
	if !there {
		return "", "", glance.Invalid("Unable to find 'path' in JSON Schema change")
	}
	return text(operation, path)
}

// plain is a value as Python's "%s" prints it: a text without quotes.
func plain(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	return rest.Python(v)
}

func operationV20(raw map[string]any) (glance.Operation, string, error) {
	var found glance.Operation
	for _, operation := range operations() {
		if _, there := raw[string(operation)]; !there {
			continue
		}
		if found != "" {
			return "", "", glance.Invalid(`Operation objects must contain only one member named "add", "remove", or "replace".`)
		}
		found = operation
	}
	if found == "" {
		return "", "", glance.Invalid(`Operation objects must contain exactly one member named "add", "remove", or "replace".`)
	}
	return text(found, raw[string(found)])
}

func operations() []glance.Operation {
	return []glance.Operation{glance.Add, glance.Remove, glance.Replace}
}

func text(operation glance.Operation, pointer any) (glance.Operation, string, error) {
	s, ok := pointer.(string)
	if !ok {
		return "", "", glance.Invalid("Pointer `%s` does not start with \"/\".", plain(pointer))
	}
	return operation, s, nil
}

// decodePointer splits a JSON pointer, in the limited form of glance/api/v2/images.py, _validate_json_pointer.
func decodePointer(pointer string) ([]string, error) {
	switch {
	case !strings.HasPrefix(pointer, "/"):
		return nil, glance.Invalid("Pointer `%s` does not start with \"/\".", pointer)
	case regexp.MustCompile(`/\s*?/`).MatchString(pointer[1:]):
		return nil, glance.Invalid("Pointer `%s` contains adjacent \"/\".", pointer)
	case len(pointer) > 1 && strings.HasSuffix(pointer, "/"):
		return nil, glance.Invalid("Pointer `%s` end with \"/\".", pointer)
	case regexp.MustCompile(`~[^01]`).MatchString(pointer) || strings.HasSuffix(pointer, "~"):
		return nil, glance.Invalid("Pointer `%s` contains \"~\" not part of a recognized escape sequence.", pointer)
	}
	var path []string
	for _, part := range strings.Split(strings.TrimLeft(pointer, "/"), "/") {
		part = strings.ReplaceAll(strings.ReplaceAll(part, "~1", "/"), "~0", "~")
		path = append(path, strings.TrimSpace(part))
	}
	if path[0] == "" {
		return nil, glance.Invalid("Pointer `%s` does not contains valid token.", pointer)
	}
	return path, nil
}
