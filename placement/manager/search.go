package manager

import (
	"fmt"
	"iter"
	"maps"
	"slices"

	"cumulet/placement"
)

// search is one question for candidates under way, over what was read for it. An anchor is the root of the tree that a
// candidate is for; providers that share through aggregates serve other anchors than their own root.
type search struct {
	placement.CandidateRequest
	max       int
	offers    []map[string]map[string]string // by group, by class: providers that can take the amount, and their roots
	serves    map[string][]string            // the roots that sharing providers serve
	providers map[string]*member
	order     []string            // all providers, oldest first
	reach     map[string][]string // by anchor: the providers of its tree and those that serve it, oldest first

	found []placement.Candidate
	seen  map[string]bool
}

// member is a provider with all that matters of it.
type member struct {
	placement.ResourceProvider
	traits    []string
	has       map[string]bool // its traits
	member    map[string]bool // its aggregates
	resources map[string]stock
}

type stock struct {
	placement.Inventory
	used int
}

// part is one way to satisfy one group.
type part struct {
	group     int
	resources map[string]map[string]int // by provider, by class
}

// anchors are the roots for which every class of every group is on offer.
func (s *search) anchors() []string {
	var roots map[string]bool
	for _, offers := range s.offers {
		for _, byProvider := range offers {
			here := map[string]bool{}
			for id, root := range byProvider {
				here[root] = true
				for _, served := range s.serves[id] {
					here[served] = true
				}
			}
			if roots == nil {
				roots = here
				continue
			}
			maps.DeleteFunc(roots, func(root string, _ bool) bool { return !here[root] })
		}
	}
	return slices.Sorted(maps.Keys(roots))
}

// find tries every anchor, oldest first, until there are enough.
func (s *search) find(roots []string) {
	s.seen = map[string]bool{}
	wanted := set(roots)
	for _, root := range s.order {
		if !wanted[root] || s.providers[root].RootID != root {
			continue
		}
		has := s.providers[root].has
		if !s.Root.Met(has) || s.Root.Barred(has) {
			continue
		}
		s.merge(root, nil)
		if len(s.found) >= s.max {
			return
		}
	}
}

// merge completes a candidate group by group.
func (s *search) merge(root string, chosen []part) {
	if len(chosen) == len(s.Groups) {
		s.keep(root, chosen)
		return
	}
	for p := range s.parts(root, len(chosen)) {
		s.merge(root, append(chosen[:len(chosen):len(chosen)], p))
		if len(s.found) >= s.max {
			return
		}
	}
}

// parts are the ways to satisfy one group for an anchor.
func (s *search) parts(root string, group int) iter.Seq[part] {
	if s.Groups[group].Granular() {
		return s.single(root, group)
	}
	return s.spread(root, group)
}

// single takes all of the group from one provider.
func (s *search) single(root string, group int) iter.Seq[part] {
	g := s.Groups[group]
	return func(yield func(part) bool) {
		for _, id := range s.reach[root] {
			p := s.providers[id]
			if !s.inTree(p, g) || !g.Traits.Met(p.has) || g.Traits.Barred(p.has) || !g.MemberOf.Met(p.member) {
				continue
			}
			if len(g.Resources) == 0 && p.RootID != root {
				continue
			}
			if slices.ContainsFunc(slices.Collect(maps.Keys(g.Resources)), func(class string) bool {
				_, offered := s.offers[group][class][id]
				return !offered
			}) {
				continue
			}
			if !yield(part{group, map[string]map[string]int{id: g.Resources}}) {
				return
			}
		}
	}
}

// spread takes each class of the group from any provider of the tree, or from one shared with it.
func (s *search) spread(root string, group int) iter.Seq[part] {
	g := s.Groups[group]
	classes := slices.Sorted(maps.Keys(g.Resources))
	choices := make([][]string, len(classes))
	for i, class := range classes {
		for _, id := range s.reach[root] {
			p := s.providers[id]
			_, offered := s.offers[group][class][id]
			if offered && s.inTree(p, g) && !g.Traits.Barred(p.has) && s.belongs(p, g) {
				choices[i] = append(choices[i], id)
			}
		}
	}
	return func(yield func(part) bool) {
		picked := make([]string, 0, len(classes))
		var pick func() bool
		pick = func() bool {
			if len(picked) == len(classes) {
				if !g.Traits.Met(s.traitsOf(picked)) {
					return true
				}
				resources := map[string]map[string]int{}
				for i, id := range picked {
					if resources[id] == nil {
						resources[id] = map[string]int{}
					}
					resources[id][classes[i]] = g.Resources[classes[i]]
				}
				return yield(part{group, resources})
			}
			for _, id := range choices[len(picked)] {
				picked = append(picked, id)
				if !pick() {
					return false
				}
				picked = picked[:len(picked)-1]
			}
			return true
		}
		pick()
	}
}

// connect finds what each anchor can take from.
func (s *search) connect() {
	s.reach = map[string][]string{}
	for _, id := range s.order {
		own := s.providers[id].RootID
		s.reach[own] = append(s.reach[own], id)
		for _, served := range s.serves[id] {
			if served != own {
				s.reach[served] = append(s.reach[served], id)
			}
		}
	}
}

func (s *search) inTree(p *member, g placement.Group) bool {
	if g.InTree == "" {
		return true
	}
	other := s.providers[g.InTree]
	return other != nil && p.RootID == other.RootID
}

// belongs tells whether a provider is of the aggregates that a group without suffix asks for: those of the root span its tree.
func (s *search) belongs(p *member, g placement.Group) bool {
	if g.MemberOf.Empty() {
		return true
	}
	both := maps.Clone(p.member)
	if root := s.providers[p.RootID]; root != nil {
		maps.Copy(both, root.member)
	}
	return g.MemberOf.Met(both)
}

func (s *search) traitsOf(ids []string) map[string]bool {
	all := map[string]bool{}
	for _, id := range ids {
		maps.Copy(all, s.providers[id].has)
	}
	return all
}

// keep joins the parts into a candidate, unless they do not go together or are known already.
func (s *search) keep(root string, parts []part) {
	c := placement.Candidate{RootID: root, Allocations: map[string]map[string]int{}, Mappings: map[string][]string{}}
	granular := map[string]int{}
	for _, p := range parts {
		suffix := s.Groups[p.group].Suffix
		c.Mappings[suffix] = slices.Sorted(maps.Keys(p.resources))
		for id, resources := range p.resources {
			if suffix != "" {
				granular[id]++
			}
			if len(resources) == 0 {
				continue
			}
			if c.Allocations[id] == nil {
				c.Allocations[id] = map[string]int{}
			}
			for class, amount := range resources {
				c.Allocations[id][class] += amount
			}
		}
	}
	crowded := slices.Max(append(slices.Collect(maps.Values(granular)), 0)) > 1
	if s.Isolate && crowded || !s.sameSubtrees(c) || !s.roomFor(c) || !s.Nested && s.nests(c) {
		return
	}
	if len(s.serves) > 0 || len(s.Groups) > 1 { // else no two ways to a candidate end alike
		key := keyOf(c)
		if s.seen[key] {
			return
		}
		s.seen[key] = true
	}
	s.found = append(s.found, c)
}

// keyOf tells candidates apart that claim the same; fmt prints maps in the order of their keys.
func keyOf(c placement.Candidate) string { return fmt.Sprint(c.Allocations, c.Mappings) }

// roomFor tells whether providers that answer several groups hold the sum.
func (s *search) roomFor(c placement.Candidate) bool {
	for id, resources := range c.Allocations {
		for class, amount := range resources {
			has := s.providers[id].resources[class]
			if !has.Holds(has.used, amount) || amount > has.MaxUnit {
				return false
			}
		}
	}
	return true
}

// nests tells whether a candidate takes from two providers of one tree, which callers before 1.29 do not understand.
func (s *search) nests(c placement.Candidate) bool {
	roots := map[string]bool{}
	for id := range c.Allocations {
		roots[s.providers[id].RootID] = true
	}
	return len(roots) < len(c.Allocations)
}

// sameSubtrees tells whether the providers of each asked set lie under one of them.
func (s *search) sameSubtrees(c placement.Candidate) bool {
	for _, suffixes := range s.SameSubtree {
		var ids []string
		for _, suffix := range suffixes {
			ids = append(ids, c.Mappings[suffix]...)
		}
		if !slices.ContainsFunc(ids, func(top string) bool {
			return !slices.ContainsFunc(ids, func(id string) bool { return !s.under(id, top) })
		}) {
			return false
		}
	}
	return true
}

// under tells whether a provider is another, or below it.
func (s *search) under(id, top string) bool {
	for p := s.providers[id]; p != nil; p = s.providers[p.ParentID] {
		if p.ID == top {
			return true
		}
	}
	return false
}

// summaries tell of all providers in the trees that candidates take from; of the taken ones only, for callers before 1.29.
func (s *search) summaries() []placement.ProviderSummary {
	roots, taken := map[string]bool{}, map[string]bool{}
	for _, c := range s.found {
		for id := range c.Allocations {
			taken[id], roots[s.providers[id].RootID] = true, true
		}
	}
	var list []placement.ProviderSummary
	for _, id := range s.order {
		p := s.providers[id]
		if !roots[p.RootID] || !s.Nested && !taken[id] {
			continue
		}
		sum := placement.ProviderSummary{Provider: p.ResourceProvider, Traits: p.traits, Resources: map[string]placement.ResourceSummary{}}
		for class, has := range p.resources {
			sum.Resources[class] = placement.ResourceSummary{Capacity: int(has.Capacity()), Used: has.used}
		}
		list = append(list, sum)
	}
	return list
}
