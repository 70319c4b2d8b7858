package rest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"cumulet/oslo/fault"
)

// node is a place in the tree of paths. A literal segment goes before a variable one.
type node struct {
	literal  map[string]*node
	variable *node
	rest     *node               // "{name...}"
	routes   map[string][]*Route // by method, one per window of versions
	names    map[*Route][]string // the variables' names on the way, by route
}

func newNode() *node {
	return &node{literal: map[string]*node{}, routes: map[string][]*Route{}, names: map[*Route][]string{}}
}

// add puts a route into the tree; routes of one place must not overlap in versions.
func (n *node) add(r *Route) error {
	method, path, ok := strings.Cut(r.Do, " ")
	if !ok || !strings.HasPrefix(path, "/") {
		return fmt.Errorf("route %q is not METHOD /path", r.Do)
	}
	var names []string
	at := n
	for _, segment := range strings.Split(path[1:], "/") {
		name, isVariable := strings.CutPrefix(segment, "{")
		switch {
		case !isVariable:
			if at.literal[segment] == nil {
				at.literal[segment] = newNode()
			}
			at = at.literal[segment]
		case strings.HasSuffix(name, "...}"):
			names = append(names, strings.TrimSuffix(name, "...}"))
			if at.rest == nil {
				at.rest = newNode()
			}
			at = at.rest
		default:
			names = append(names, strings.TrimSuffix(name, "}"))
			if at.variable == nil {
				at.variable = newNode()
			}
			at = at.variable
		}
	}
	for _, other := range at.routes[method] {
		if overlap(r, other) {
			return fmt.Errorf("routes %q and %q overlap", r.Do, other.Do)
		}
	}
	at.routes[method] = append(at.routes[method], r)
	at.names[r] = names
	return nil
}

func overlap(a, b *Route) bool {
	return (a.Max.IsZero() || b.Min.Compare(a.Max) <= 0) && (b.Max.IsZero() || a.Min.Compare(b.Max) <= 0)
}

// find walks the tree for a path, literal segments first, and calls visit at each place that fits until it says it is done.
func (n *node) find(segments, values []string, visit func(*node, []string) bool) bool {
	if len(segments) == 0 {
		return len(n.routes) > 0 && visit(n, values)
	}
	if next := n.literal[segments[0]]; next != nil && next.find(segments[1:], values, visit) {
		return true
	}
	if n.variable != nil && segments[0] != "" && n.variable.find(segments[1:], append(slices.Clip(values), segments[0]), visit) {
		return true
	}
	return n.rest != nil && visit(n.rest, append(slices.Clip(values), strings.Join(segments, "/")))
}

// match finds the route of a request in a version, and its variables. A trailing slash means the same place, save where paths are exact:
// there it is one more segment, which is empty.
func (n *node) match(method, path string, v Version, exact bool) (*Route, map[string]string, error) {
	segments := strings.Split(strings.TrimPrefix(path, "/"), "/")
	if last := len(segments) - 1; last > 0 && segments[last] == "" && (!exact || last == 1) { // a version's document has both
		segments = segments[:last]
	}
	var found *Route
	var variables map[string]string
	var allowed []string
	n.find(segments, nil, func(at *node, values []string) bool {
		for m := range at.routes {
			allowed = append(allowed, m)
		}
		found = at.pick(method, v)
		if found == nil {
			return false
		}
		variables = make(map[string]string, len(values))
		for i, name := range at.names[found] {
			variables[name] = values[i]
		}
		return true
	})
	switch {
	case found != nil:
		return found, variables, nil
	case len(allowed) == 0 || slices.Contains(allowed, method): // the latter: not in this version
		return nil, nil, fault.New(fault.NotFound, "HTTPNotFound", "The resource could not be found.")
	}
	slices.Sort(allowed)
	return nil, nil, fault.New(fault.NotAllowed, "HTTPMethodNotAllowed",
		"The method %s is not allowed for this resource.", method).With("allow", strings.Join(slices.Compact(allowed), ", "))
}

// pick chooses the route of a place by method and version. HEAD falls back to GET.
func (n *node) pick(method string, v Version) *Route {
	for _, r := range n.routes[method] {
		if v.IsZero() || v.within(r.Min, r.Max) {
			return r
		}
	}
	if method == http.MethodHead {
		return n.pick(http.MethodGet, v)
	}
	return nil
}
