package definition

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"cumulet/glance"
)

//go:embed standard/*.json
var standard embed.FS

// Standard are the namespaces that a new cloud begins with.
func Standard() ([]glance.Namespace, error) {
	files, err := fs.Sub(standard, "standard")
	if err != nil {
		return nil, err
	}
	return Read(files)
}

// file is a namespace as it stands in a file.
type file struct {
	Namespace    string                     `json:"namespace"`
	DisplayName  *string                    `json:"display_name,omitempty"`
	Description  *string                    `json:"description,omitempty"`
	Visibility   glance.Visibility          `json:"visibility,omitempty"`
	Protected    bool                       `json:"protected"`
	Owner        string                     `json:"owner,omitempty"`
	Associations []association              `json:"resource_type_associations,omitempty"`
	Properties   map[string]json.RawMessage `json:"properties,omitempty"`
	Objects      []object                   `json:"objects,omitempty"`
	Tags         []tag                      `json:"tags,omitempty"`
}

type association struct {
	Name             string  `json:"name"`
	Prefix           *string `json:"prefix,omitempty"`
	PropertiesTarget *string `json:"properties_target,omitempty"`
}

// object has all that it says in members of their own, so that without its name it is a definition's body.
type object struct {
	Name        string          `json:"name,omitempty"`
	Description *string         `json:"description,omitempty"`
	Required    []string        `json:"required,omitempty"`
	Properties  json.RawMessage `json:"properties,omitempty"`
}

type tag struct {
	Name string `json:"name"`
}

// Read reads the files of a folder whose names end in .json.
func Read(folder fs.FS) ([]glance.Namespace, error) {
	names, err := fs.Glob(folder, "*.json")
	if err != nil {
		return nil, err
	}
	all := make([]glance.Namespace, 0, len(names))
	for _, name := range names {
		text, err := fs.ReadFile(folder, name)
		if err != nil {
			return nil, err
		}
		n, err := parse(text)
		if err != nil {
			return nil, fmt.Errorf("definitions in %s: %w", name, err)
		}
		all = append(all, n)
	}
	return all, nil
}

func parse(text []byte) (n glance.Namespace, err error) {
	var f file
	if err := json.Unmarshal(text, &f); err != nil {
		return n, err
	}
	n = glance.Namespace{
		Name: f.Namespace, DisplayName: f.DisplayName, Description: f.Description, Visibility: f.Visibility, Protected: f.Protected, Owner: f.Owner,
	}
	if n.Visibility == "" {
		n.Visibility = glance.Private
	}
	if n.Owner == "" {
		n.Owner = "admin" // as glance/db/sqlalchemy/metadata.py, _populate_metadata: no project is called so, and administrators see all
	}
	for _, a := range f.Associations {
		n.Associations = append(n.Associations, glance.Association{Name: a.Name, Prefix: a.Prefix, PropertiesTarget: a.PropertiesTarget})
	}
	for name, body := range f.Properties {
		n.Definitions = append(n.Definitions, glance.Definition{Kind: glance.DefinedProperty, Name: name, Body: body})
	}
	for _, o := range f.Objects {
		name := o.Name
		o.Name = ""
		body, err := json.Marshal(o)
		if err != nil {
			return n, err
		}
		n.Definitions = append(n.Definitions, glance.Definition{Kind: glance.DefinedObject, Name: name, Body: body})
	}
	for _, t := range f.Tags {
		n.Definitions = append(n.Definitions, glance.Definition{Kind: glance.DefinedTag, Name: t.Name, Body: json.RawMessage("{}")})
	}
	return n, check(n)
}

// check refuses what the database would, or nobody could ask for.
func check(n glance.Namespace) error {
	switch {
	case !named(n.Name) || strings.Contains(n.Name, "/"):
		return fmt.Errorf("a namespace is not called %q", n.Name)
	case n.DisplayName != nil && len([]rune(*n.DisplayName)) > 80:
		return fmt.Errorf("the display name %q is longer than 80 characters", *n.DisplayName)
	case n.Visibility != glance.Public && n.Visibility != glance.Private:
		return fmt.Errorf("a namespace is public or private, not %q", n.Visibility)
	}
	seen := map[string]bool{}
	once := func(what, name string) error {
		key := what + " " + name
		if what == string(glance.DefinedTag) {
			key = strings.ToLower(key)
		}
		if !named(name) || seen[key] {
			return fmt.Errorf("%s %q is not of 1 to 80 characters, or there twice", what, name)
		}
		seen[key] = true
		return nil
	}
	for _, a := range n.Associations {
		if err := once("resource type", a.Name); err != nil {
			return err
		}
	}
	for _, d := range n.Definitions {
		if err := once(string(d.Kind), d.Name); err != nil {
			return err
		}
		if !bytes.HasPrefix(bytes.TrimSpace(d.Body), []byte("{")) {
			return fmt.Errorf("%s %q is no object of JSON", d.Kind, d.Name)
		}
	}
	return nil
}

func named(name string) bool { return name != "" && len([]rune(name)) <= 80 }

// Write writes namespaces into a folder, each into a file that is called as it is.
func Write(folder string, all []glance.Namespace) error {
	for _, n := range all {
		text, err := render(n)
		if err != nil {
			return fmt.Errorf("write namespace %q: %w", n.Name, err)
		}
		name := strings.NewReplacer("::", "_", string(filepath.Separator), "_").Replace(n.Name) + ".json"
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o644); err != nil { //nolint:gosec // what the API shows to whoever asks
			return err
		}
	}
	return nil
}

func render(n glance.Namespace) ([]byte, error) {
	f := file{
		Namespace: n.Name, DisplayName: n.DisplayName, Description: n.Description, Visibility: n.Visibility, Protected: n.Protected, Owner: n.Owner,
		Properties: map[string]json.RawMessage{},
	}
	for _, a := range n.Associations {
		f.Associations = append(f.Associations, association{a.Name, a.Prefix, a.PropertiesTarget})
	}
	for _, d := range n.Definitions {
		switch d.Kind {
		case glance.DefinedProperty:
			f.Properties[d.Name] = d.Body
		case glance.DefinedObject:
			var o object
			if err := json.Unmarshal(d.Body, &o); err != nil {
				return nil, err
			}
			o.Name = d.Name
			f.Objects = append(f.Objects, o)
		case glance.DefinedTag:
			f.Tags = append(f.Tags, tag{d.Name})
		}
	}
	var text bytes.Buffer
	to := json.NewEncoder(&text)
	to.SetEscapeHTML(false)
	to.SetIndent("", "  ")
	err := to.Encode(f)
	return text.Bytes(), err
}
