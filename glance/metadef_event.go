package glance

// What events of metadata definitions carry: the thing as it then was, what it belongs to, and the name it was known by before.
type (
	// NamespaceChange is of a namespace, without what it holds.
	NamespaceChange struct {
		Namespace Namespace `json:"namespace"`
		OldName   string    `json:"old_name"`
	}
	// DefinitionChange is of an object, a property or a tag.
	DefinitionChange struct {
		Namespace  string     `json:"namespace"`
		Owner      string     `json:"owner"`
		Definition Definition `json:"definition"`
		OldName    string     `json:"old_name"`
	}
	// AssociationChange is of a resource type that may carry a namespace's properties, or no longer may.
	AssociationChange struct {
		Namespace   string      `json:"namespace"`
		Owner       string      `json:"owner"`
		Association Association `json:"association"`
	}
)

// Identity is by what events of it are found.
func (c NamespaceChange) Identity() (id, projectID string) { return c.Namespace.ID, c.Namespace.Owner }

// Identity is by what events of it are found: a definition has no id but its name.
func (c DefinitionChange) Identity() (id, projectID string) { return c.Definition.Name, c.Owner }

// Identity is by what events of it are found.
func (c AssociationChange) Identity() (id, projectID string) { return c.Association.Name, c.Owner }
