package neutron

// Scope is whose eyes see: a project's, or (All) an administrator's.
type Scope struct {
	ProjectID string
	All       bool
}

// Everything is the scope of the system itself.
func Everything() Scope { return Scope{All: true} }

// Query picks nouns of a list.
type Query struct {
	Scope Scope
	// Filters are attributes by the API's names, each with the values of which one must match.
	Filters map[string][]any
	Sort    []Sort
	// Limit is how many at most, all when zero; Marker is the id after which (before which, with Reverse) they start.
	Limit   int
	Marker  string
	Reverse bool
}

// Sort orders a list by an attribute.
type Sort struct {
	Attribute  string
	Descending bool
}

// By is the query of everything whose attribute is one of values.
func By[V any](attribute string, values ...V) Query {
	list := make([]any, len(values))
	for i, v := range values {
		list[i] = v
	}
	return Query{Scope: Everything(), Filters: map[string][]any{attribute: list}}
}

// Where narrows a query further.
func (q Query) Where(attribute string, values ...any) Query {
	filters := map[string][]any{attribute: values}
	for k, v := range q.Filters {
		if k != attribute {
			filters[k] = v
		}
	}
	q.Filters = filters
	return q
}

// Given names the attributes that a request set, by the API's names: what was left out gets a default, what is empty stays so.
type Given map[string]bool
