package placement

import "slices"

// AggregateFilter asks for membership: in one of each set of Required, in none of Forbidden.
type AggregateFilter struct {
	Required  [][]string
	Forbidden []string
}

// Empty tells whether the filter asks nothing.
func (f AggregateFilter) Empty() bool { return len(f.Required) == 0 && len(f.Forbidden) == 0 }

// Met tells whether a member of these aggregates satisfies the filter.
func (f AggregateFilter) Met(member map[string]bool) bool {
	in := func(a string) bool { return member[a] }
	if slices.ContainsFunc(f.Forbidden, in) {
		return false
	}
	for _, any := range f.Required {
		if !slices.ContainsFunc(any, in) {
			return false
		}
	}
	return true
}
