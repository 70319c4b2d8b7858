package glance

import (
	"encoding/json"
	"time"

	"cumulet/oslo/fault"
)

// Namespace is a set of definitions: what properties mean that images, flavors, volumes … may carry. Nothing is held to them; they are for
// those who choose, and for dashboards.
type Namespace struct {
	ID          string     `json:"id"`
	Name        string     `json:"name"`
	DisplayName *string    `json:"display_name,omitempty"`
	Description *string    `json:"description,omitempty"`
	Visibility  Visibility `json:"visibility"` // public or private
	Protected   bool       `json:"protected"`
	Owner       string     `json:"owner"`
	CreatedAt   time.Time  `json:"created_at"`
	UpdatedAt   time.Time  `json:"updated_at"`
	// Associations and Definitions are there where they were asked for.
	Associations []Association `json:"associations,omitempty"`
	Definitions  []Definition  `json:"definitions,omitempty"`
}

// Definition is one of a namespace, by its kind and its name, which is unique among those of the kind.
type Definition struct {
	Kind DefinitionKind `json:"kind"`
	Name string         `json:"name"`
	// Body is all that the API shows beside the name: an object of JSON.
	Body      json.RawMessage `json:"body"`
	CreatedAt time.Time       `json:"created_at"`
	UpdatedAt time.Time       `json:"updated_at"`
}

// DefinitionKind is what a definition defines.
type DefinitionKind string

// The kinds of definitions.
const (
	DefinedObject   DefinitionKind = "object" // properties that go together
	DefinedProperty DefinitionKind = "property"
	DefinedTag      DefinitionKind = "tag"
)

// Plural is what several of the kind are called.
func (k DefinitionKind) Plural() string {
	if k == DefinedProperty {
		return "properties"
	}
	return string(k) + "s"
}

// ResourceType is what may carry properties: OS::Glance::Image.
type ResourceType struct {
	Name      string    `json:"name"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// Association says that a resource type may carry a namespace's properties, under a prefix.
type Association struct {
	Name             string    `json:"name"` // of the resource type
	Prefix           *string   `json:"prefix,omitempty"`
	PropertiesTarget *string   `json:"properties_target,omitempty"`
	CreatedAt        time.Time `json:"created_at"`
	UpdatedAt        time.Time `json:"updated_at"`
}

// SeesNamespace tells whether a namespace exists for the caller.
func (c Caller) SeesNamespace(n Namespace) bool {
	return c.Admin || n.Owner == "" || n.Owner == c.ProjectID || n.Visibility == Public
}

// NamespaceNotFound is a namespace that is not there, or not for this caller.
func NamespaceNotFound(name string) *fault.Fault {
	return fault.New(fault.NotFound, "MetadefNamespaceNotFound", "Metadata definition namespace=%s was not found.", name)
}

// DefinitionNotFound is a definition that a namespace does not have. As glance/db/__init__.py words it.
func DefinitionNotFound(kind DefinitionKind, name string) *fault.Fault {
	called := "metadata " + string(kind)
	if kind == DefinedProperty {
		called = "property"
	}
	return fault.New(fault.NotFound, "MetadefNotFound", "Could not find %s %s", called, name)
}

// DefinitionTaken is a name that another definition of the kind has.
func DefinitionTaken(namespace string, kind DefinitionKind, name string) *fault.Fault {
	if kind == DefinedTag {
		return Conflict("A metadata tag with name=%s already exists in namespace=%s. (Please note that metadata tag names are case insensitive).", name, namespace)
	}
	return Conflict("A metadata definition %s with name=%s already exists in namespace=%s.", kind, name, namespace)
}

// NewNameTaken is a new name of a definition that another one of the kind has. As glance/db/sqlalchemy/metadef_api, it names the old one
// but for tags.
func NewNameTaken(namespace string, kind DefinitionKind, oldName, name string) *fault.Fault {
	if kind == DefinedTag {
		return DefinitionTaken(namespace, kind, name)
	}
	return Conflict("Invalid update. It would result in a duplicate metadata definition %s with the same name=%s in namespace=%s.", kind, oldName, namespace)
}

// ProtectedDefinition is what may not be deleted: what is a namespace, an object … of a name.
func ProtectedDefinition(what, name string) *fault.Fault {
	return Forbidden("Metadata definition %s %s is protected and cannot be deleted.", what, name)
}

// NoSuchAssociation is a resource type that a namespace is not for.
func NoSuchAssociation(name string) *fault.Fault {
	return fault.New(fault.NotFound, "MetadefAssociationNotFound", "Failed to find resource type %s to delete", name)
}
