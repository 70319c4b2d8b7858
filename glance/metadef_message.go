package glance

// The messages of metadata definitions that glance-registry answers. Each says who asks.
type (
	// CreateNamespace makes a namespace with all that it holds; the answer is the Namespace.
	CreateNamespace struct {
		Caller    Caller    `json:"caller"`
		Namespace Namespace `json:"namespace"`
	}
	// ShowNamespace asks for one Namespace, with Whole for all that it holds too.
	ShowNamespace struct {
		Caller Caller `json:"caller"`
		Name   string `json:"name"`
		Whole  bool   `json:"whole"`
	}
	// ListNamespaces asks for a page of namespaces with their associations, []Namespace.
	ListNamespaces struct {
		Caller        Caller     `json:"caller"`
		Visibility    Visibility `json:"visibility,omitempty"`
		ResourceTypes []string   `json:"resource_types,omitempty"` // of which one must be associated; nil for any
		Page          Page       `json:"page"`
	}
	// UpdateNamespace replaces what a namespace says of itself; the answer is the Namespace.
	UpdateNamespace struct {
		Caller    Caller    `json:"caller"`
		Name      string    `json:"name"`
		Namespace Namespace `json:"namespace"`
	}
	// DeleteNamespace deletes a namespace and all that it holds.
	DeleteNamespace struct {
		Caller Caller `json:"caller"`
		Name   string `json:"name"`
	}

	// ListDefinitions asks for a page of a namespace's definitions of a kind, []Definition.
	ListDefinitions struct {
		Caller    Caller         `json:"caller"`
		Namespace string         `json:"namespace"`
		Kind      DefinitionKind `json:"kind"`
		Page      Page           `json:"page"`
	}
	// CreateDefinitions adds definitions of a kind, or puts them in the place of all of the kind; the answer is []Definition.
	CreateDefinitions struct {
		Caller      Caller         `json:"caller"`
		Namespace   string         `json:"namespace"`
		Kind        DefinitionKind `json:"kind"`
		Definitions []Definition   `json:"definitions"`
		Replace     bool           `json:"replace"`
	}
	// ShowDefinition asks for one Definition.
	ShowDefinition struct {
		Caller    Caller         `json:"caller"`
		Namespace string         `json:"namespace"`
		Kind      DefinitionKind `json:"kind"`
		Name      string         `json:"name"`
	}
	// UpdateDefinition replaces a definition, its name too; the answer is the Definition.
	UpdateDefinition struct {
		Caller     Caller     `json:"caller"`
		Namespace  string     `json:"namespace"`
		Name       string     `json:"name"`
		Definition Definition `json:"definition"`
	}
	// DeleteDefinitions deletes the definition of a name, or all of the kind where there is none.
	DeleteDefinitions struct {
		Caller    Caller         `json:"caller"`
		Namespace string         `json:"namespace"`
		Kind      DefinitionKind `json:"kind"`
		Name      string         `json:"name,omitempty"`
	}

	// ListResourceTypes asks for all there are, []ResourceType.
	ListResourceTypes struct{}
	// Associate says that a resource type may carry a namespace's properties; the answer is the Association.
	Associate struct {
		Caller      Caller      `json:"caller"`
		Namespace   string      `json:"namespace"`
		Association Association `json:"association"`
	}
	// Dissociate ends that.
	Dissociate struct {
		Caller       Caller `json:"caller"`
		Namespace    string `json:"namespace"`
		ResourceType string `json:"resource_type"`
	}
)

// Page is a part of a list: at most Limit things after the one of the name Marker, in an order; without a limit all, and nothing where it is
// below zero.
type Page struct {
	Marker  string `json:"marker,omitempty"`
	Limit   int    `json:"limit,omitempty"`
	SortKey string `json:"sort_key,omitempty"` // created_at when empty
	Upwards bool   `json:"upwards,omitempty"`
}

// Method names the message on the bus.
func (CreateNamespace) Method() string { return "create_namespace" }

// Method names the message on the bus.
func (ShowNamespace) Method() string { return "show_namespace" }

// Method names the message on the bus.
func (ListNamespaces) Method() string { return "list_namespaces" }

// Method names the message on the bus.
func (UpdateNamespace) Method() string { return "update_namespace" }

// Method names the message on the bus.
func (DeleteNamespace) Method() string { return "delete_namespace" }

// Method names the message on the bus.
func (ListDefinitions) Method() string { return "list_definitions" }

// Method names the message on the bus.
func (CreateDefinitions) Method() string { return "create_definitions" }

// Method names the message on the bus.
func (ShowDefinition) Method() string { return "show_definition" }

// Method names the message on the bus.
func (UpdateDefinition) Method() string { return "update_definition" }

// Method names the message on the bus.
func (DeleteDefinitions) Method() string { return "delete_definitions" }

// Method names the message on the bus.
func (ListResourceTypes) Method() string { return "list_resource_types" }

// Method names the message on the bus.
func (Associate) Method() string { return "associate" }

// Method names the message on the bus.
func (Dissociate) Method() string { return "dissociate" }
