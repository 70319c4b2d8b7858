package client

import (
	"context"

	"cumulet/glance"
)

// CreateNamespace makes a namespace with all that it holds.
func (r *Registry) CreateNamespace(ctx context.Context, caller glance.Caller, n glance.Namespace) (glance.Namespace, error) {
	return ask[glance.Namespace](ctx, r, glance.CreateNamespace{Caller: r.holding(ctx, caller), Namespace: n})
}

// Namespace reads one namespace; whole reads all that it holds too. One that the caller may not see does not exist.
func (r *Registry) Namespace(ctx context.Context, caller glance.Caller, name string, whole bool) (glance.Namespace, error) {
	return ask[glance.Namespace](ctx, r, glance.ShowNamespace{Caller: caller, Name: name, Whole: whole})
}

// Namespaces reads a page of the namespaces that the caller sees, with their associations; with resource types, those that are for one of them.
func (r *Registry) Namespaces(
	ctx context.Context, caller glance.Caller, v glance.Visibility, resourceTypes []string, p glance.Page,
) ([]glance.Namespace, error) {
	return ask[[]glance.Namespace](ctx, r, glance.ListNamespaces{Caller: caller, Visibility: v, ResourceTypes: resourceTypes, Page: p})
}

// UpdateNamespace replaces what a namespace says of itself.
func (r *Registry) UpdateNamespace(ctx context.Context, caller glance.Caller, name string, n glance.Namespace) (glance.Namespace, error) {
	return ask[glance.Namespace](ctx, r, glance.UpdateNamespace{Caller: caller, Name: name, Namespace: n})
}

// DeleteNamespace deletes a namespace and all that it holds.
func (r *Registry) DeleteNamespace(ctx context.Context, caller glance.Caller, name string) error {
	return tell(ctx, r, glance.DeleteNamespace{Caller: caller, Name: name})
}

// Definitions reads a page of a namespace's definitions of a kind.
func (r *Registry) Definitions(
	ctx context.Context, caller glance.Caller, namespace string, kind glance.DefinitionKind, p glance.Page,
) ([]glance.Definition, error) {
	return ask[[]glance.Definition](ctx, r, glance.ListDefinitions{Caller: caller, Namespace: namespace, Kind: kind, Page: p})
}

// CreateDefinitions adds definitions of a kind to a namespace, or puts them in the place of those there are.
func (r *Registry) CreateDefinitions(
	ctx context.Context, caller glance.Caller, namespace string, kind glance.DefinitionKind, definitions []glance.Definition, replace bool,
) ([]glance.Definition, error) {
	return ask[[]glance.Definition](ctx, r, glance.CreateDefinitions{
		Caller: r.holding(ctx, caller), Namespace: namespace, Kind: kind, Definitions: definitions, Replace: replace,
	})
}

// Definition reads one definition.
func (r *Registry) Definition(
	ctx context.Context, caller glance.Caller, namespace string, kind glance.DefinitionKind, name string,
) (glance.Definition, error) {
	return ask[glance.Definition](ctx, r, glance.ShowDefinition{Caller: caller, Namespace: namespace, Kind: kind, Name: name})
}

// UpdateDefinition replaces a definition, its name too.
func (r *Registry) UpdateDefinition(ctx context.Context, caller glance.Caller, namespace, name string, d glance.Definition) (glance.Definition, error) {
	return ask[glance.Definition](ctx, r, glance.UpdateDefinition{Caller: caller, Namespace: namespace, Name: name, Definition: d})
}

// DeleteDefinitions deletes the definition of a name, or all of the kind where that is "".
func (r *Registry) DeleteDefinitions(ctx context.Context, caller glance.Caller, namespace string, kind glance.DefinitionKind, name string) error {
	return tell(ctx, r, glance.DeleteDefinitions{Caller: caller, Namespace: namespace, Kind: kind, Name: name})
}

// ResourceTypes reads all there are.
func (r *Registry) ResourceTypes(ctx context.Context) ([]glance.ResourceType, error) {
	return ask[[]glance.ResourceType](ctx, r, glance.ListResourceTypes{})
}

// Associate says that a resource type may carry a namespace's properties.
func (r *Registry) Associate(ctx context.Context, caller glance.Caller, namespace string, a glance.Association) (glance.Association, error) {
	return ask[glance.Association](ctx, r, glance.Associate{Caller: r.holding(ctx, caller), Namespace: namespace, Association: a})
}

// Dissociate ends that.
func (r *Registry) Dissociate(ctx context.Context, caller glance.Caller, namespace, resourceType string) error {
	return tell(ctx, r, glance.Dissociate{Caller: caller, Namespace: namespace, ResourceType: resourceType})
}
