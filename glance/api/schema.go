package api

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"

	"cumulet/glance"
	"cumulet/oslo/rest"
)

//go:embed schemas/image.json
var imageSchema []byte

//go:embed schemas/member.json
var memberSchema []byte

//go:embed schemas/task.json
var taskSchema []byte

// schemas are what the API serves under /v2/schemas, and checks images with.
type schemas struct {
	image                   *rest.Schema
	imageText, imagesText   json.RawMessage
	memberText, membersText json.RawMessage
	taskText, tasksText     json.RawMessage
	metadef                 metadefSchemas
}

func loadSchemas() (schemas, error) {
	s := schemas{image: rest.MustSchema(string(imageSchema)), imageText: imageSchema, memberText: memberSchema}
	var err error
	if s.metadef, err = loadMetadefSchemas(); err != nil {
		return s, err
	}
	if s.imagesText, err = paged("images", s.imageText); err != nil {
		return s, err
	}
	if err := s.loadTasks(); err != nil {
		return s, err
	}
	paging := json.RawMessage(`{"type": "string"}`)
	s.membersText, err = json.Marshal(map[string]any{
		"name": "members",
		"properties": map[string]any{
			"members": map[string]any{"type": "array", "items": s.memberText}, "schema": paging,
		},
		"links": []linkView{{"describedby", "{schema}"}},
	})
	return s, err
}

// paged is the schema of a list that comes in pages.
func paged(name string, item json.RawMessage) (json.RawMessage, error) {
	paging := json.RawMessage(`{"type": "string"}`)
	text, err := json.Marshal(map[string]any{
		"name": name,
		"properties": map[string]any{
			name: map[string]any{"type": "array", "items": item}, "first": paging, "next": paging, "schema": paging,
		},
		"links": []linkView{{"first", "{first}"}, {"next", "{next}"}, {"describedby", "{schema}"}},
	})
	if err != nil {
		return nil, fmt.Errorf("schema of %s: %w", name, err)
	}
	return text, nil
}

// loadTasks makes the schemas of a task, and of a list of them, which leaves out what was asked for and what came of it.
func (s *schemas) loadTasks() error {
	var task struct {
		Name       string         `json:"name"`
		Properties map[string]any `json:"properties"`
	}
	s.taskText = taskSchema
	if err := json.Unmarshal(taskSchema, &task); err != nil {
		return fmt.Errorf("schema of tasks: %w", err)
	}
	for _, name := range []string{"input", "result", "message"} {
		delete(task.Properties, name)
	}
	stub, err := json.Marshal(task)
	if err != nil {
		return fmt.Errorf("schema of tasks: %w", err)
	}
	s.tasksText, err = paged("tasks", stub)
	return err
}

func (a *API) schemaRoutes() []rest.Route {
	serve := func(name string, text func() json.RawMessage) rest.Route {
		return rest.Route{Do: "GET /v2/schemas/" + name, Rule: "default", Status: 200, Run: rest.Get(
			func(_ context.Context, c *rest.Call) (json.RawMessage, error) { return text(), c.Authorize(c.Mine()) })}
	}
	routes := []rest.Route{
		serve("image", func() json.RawMessage { return a.schemas.imageText }),
		serve("images", func() json.RawMessage { return a.schemas.imagesText }),
		serve("member", func() json.RawMessage { return a.schemas.memberText }),
		serve("members", func() json.RawMessage { return a.schemas.membersText }),
		serve("task", func() json.RawMessage { return a.schemas.taskText }),
		serve("tasks", func() json.RawMessage { return a.schemas.tasksText }),
	}
	of := &a.schemas.metadef
	for _, one := range []struct {
		single, together string
		schema           *metadefSchema
	}{
		{"namespace", "namespaces", &of.namespace}, {"resource_type", "resource_types", &of.association}, {"property", "properties", &of.property},
		{"object", "objects", &of.object}, {"tag", "tags", &of.tag},
	} {
		routes = append(routes, serve("metadefs/"+one.single, func() json.RawMessage { return one.schema.single }),
			serve("metadefs/"+one.together, func() json.RawMessage { return one.schema.together }))
	}
	return routes
}

// decode reads JSON, as glance/common/wsgi.py, JSONRequestDeserializer.
func decode(raw []byte) (any, error) {
	if len(raw) == 0 {
		return nil, glance.Invalid("Body expected in request.")
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil || d.More() {
		return nil, glance.Invalid("Malformed JSON in request body.").Because(err)
	}
	switch v.(type) {
	case map[string]any, []any:
		return v, nil
	}
	return nil, glance.Invalid("Unexpected body type. Expected list/dict.")
}

// object reads a JSON object; what is none is refused in those words.
func object(raw []byte, refusal string) (map[string]any, error) {
	value, err := decode(raw)
	if err != nil {
		return nil, err
	}
	fields, ok := value.(map[string]any)
	if !ok {
		return nil, glance.Invalid("%s", refusal)
	}
	return fields, nil
}

// validate holds values against the schema of an image.
func (a *API) validate(value any) error {
	if wrong := a.schemas.image.Validate(value); wrong != nil {
		return glance.Invalid("Provided object does not match schema 'image': %s", wrong.Message)
	}
	return nil
}
