package tree

import (
	"slices"
	"strings"

	"cumulet/oslo/telemetry"
)

// Node is a span with those under it, by their start.
type Node struct {
	telemetry.Span
	Children []*Node
}

// Build makes the trees of a request's spans: one where everything is known. A span whose parent is not among them, or that lies
// under itself, begins a tree.
func Build(spans []telemetry.Span) []*Node {
	byID := make(map[string]*Node, len(spans))
	var all []*Node
	for _, s := range spans {
		if byID[s.ID] == nil { // told twice, it is one
			n := &Node{Span: s}
			byID[s.ID] = n
			all = append(all, n)
		}
	}
	slices.SortStableFunc(all, func(a, b *Node) int { return a.Start.Compare(b.Start) })
	var roots []*Node
	for _, n := range all {
		if parent := byID[n.Parent]; parent != nil && !under(parent, n, byID) {
			parent.Children = append(parent.Children, n)
		} else {
			n.Parent = ""
			roots = append(roots, n)
		}
	}
	return roots
}

// under tells whether n lies under top by what spans say of their parents, which a caller of an API may make up.
func under(n, top *Node, byID map[string]*Node) bool {
	for range len(byID) {
		if n == nil {
			return false
		}
		if n == top {
			return true
		}
		n = byID[n.Parent]
	}
	return true
}

// Ended tells whether nothing is under way for a request any more: no span runs, and each operation that was begun for it has come
// to an end.
func Ended(spans []telemetry.Span) bool {
	begun := map[string]bool{}
	for _, s := range spans {
		if s.Running {
			return false
		}
		for _, id := range strings.Fields(s.Attributes["operation"]) {
			if begun[id] = begun[id]; strings.HasPrefix(s.Name, "flow.") {
				begun[id] = begun[id] || s.Attributes["status"] == "done" || s.Attributes["status"] == "undone"
			}
		}
	}
	for _, ended := range begun {
		if !ended {
			return false
		}
	}
	return true
}
