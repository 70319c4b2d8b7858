package manager

import (
	"context"
	"maps"
	"slices"

	"cumulet/oslo/fault"
	"cumulet/placement"
)

// Candidates finds the ways to satisfy a request. It reads a fixed number of times: once for each different amount of a
// class, then the trees in question, what they have, use and are.
func (m *Manager) Candidates(ctx context.Context, r placement.CandidateRequest) (placement.Candidates, error) {
	if err := m.knownRequest(ctx, r); err != nil {
		return placement.Candidates{}, err
	}
	s := &search{CandidateRequest: r, max: m.MaxCandidates}
	if s.max == 0 {
		s.max = 100_000
	}
	if r.Limit > 0 {
		s.max = min(s.max, r.Limit)
	}
	var err error
	if s.serves, err = m.DB.SharingProviders(ctx); err != nil {
		return placement.Candidates{}, err
	}
	for _, g := range r.Groups {
		offers, err := m.DB.Offers(ctx, g.Resources)
		if err != nil {
			return placement.Candidates{}, err
		}
		s.offers = append(s.offers, offers)
	}
	roots := s.anchors()
	if len(roots) == 0 {
		return placement.Candidates{}, nil
	}
	if err := m.load(ctx, s, roots); err != nil {
		return placement.Candidates{}, err
	}
	s.connect()
	s.find(roots)
	return placement.Candidates{Candidates: s.found, Summaries: s.summaries()}, nil
}

// knownRequest refuses classes and traits that do not exist.
func (m *Manager) knownRequest(ctx context.Context, r placement.CandidateRequest) error {
	traits := r.Root.Names()
	for _, g := range r.Groups {
		if err := knownClasses(ctx, m.DB, slices.Sorted(maps.Keys(g.Resources))); err != nil {
			return reword(err, fault.Invalid, named(err), "Invalid resource class in resources parameter: %s")
		}
		traits = append(traits, g.Traits.Names()...)
	}
	slices.Sort(traits)
	if err := knownTraits(ctx, m.DB, slices.Compact(traits)); err != nil {
		return reword(err, fault.Invalid, named(err), "%s")
	}
	return nil
}

// load reads the trees of the anchors and of all providers they may share.
func (m *Manager) load(ctx context.Context, s *search, anchors []string) error {
	roots := slices.Clone(anchors)
	for _, offers := range s.offers {
		for _, byProvider := range offers {
			for id, root := range byProvider {
				if _, shares := s.serves[id]; shares {
					roots = append(roots, root)
				}
			}
		}
	}
	slices.Sort(roots)
	tree, err := m.DB.TreeProviders(ctx, slices.Compact(roots))
	if err != nil {
		return err
	}
	var ids []string
	s.providers = make(map[string]*member, len(tree))
	for _, p := range tree {
		ids = append(ids, p.ID)
		s.order = append(s.order, p.ID)
		s.providers[p.ID] = &member{ResourceProvider: p, resources: map[string]stock{}}
	}
	has, err := m.DB.InventoriesOf(ctx, ids)
	if err != nil {
		return err
	}
	used, err := m.DB.ProviderUsages(ctx, ids)
	if err != nil {
		return err
	}
	for _, i := range has {
		if p := s.providers[i.ProviderID]; p != nil {
			p.resources[i.ResourceClass] = stock{i, used[i.ProviderID][i.ResourceClass]}
		}
	}
	traits, err := m.DB.TraitsOf(ctx, ids)
	if err != nil {
		return err
	}
	aggregates, err := m.DB.AggregatesOf(ctx, ids)
	if err != nil {
		return err
	}
	for id, p := range s.providers {
		p.traits, p.has, p.member = traits[id], set(traits[id]), set(aggregates[id])
	}
	return nil
}

func set(names []string) map[string]bool {
	all := make(map[string]bool, len(names))
	for _, n := range names {
		all[n] = true
	}
	return all
}
