package manager

import (
	"context"
	"maps"
	"slices"

	"cumulet/oslo/fault"
	"cumulet/placement"
)

// ProviderUsages tells how much of each class that a provider has is claimed.
func (m *Manager) ProviderUsages(ctx context.Context, id string) (placement.ResourceProvider, []placement.Usage, error) {
	p, err := m.DB.ResourceProvider(ctx, id)
	if err != nil {
		return p, nil, reword(err, fault.NotFound, named(err), "No resource provider with uuid %s found: %s", id)
	}
	has, err := m.DB.Inventories(ctx, id)
	if err != nil {
		return p, nil, err
	}
	used, err := m.DB.ProviderUsages(ctx, []string{id})
	list := make([]placement.Usage, len(has))
	for i, inv := range has {
		list[i] = placement.Usage{ResourceClass: inv.ResourceClass, Used: used[id][inv.ResourceClass]}
	}
	return p, list, err
}

// ProjectUsages tells what a project uses: by type of consumer, or added up under "all".
func (m *Manager) ProjectUsages(ctx context.Context, f placement.UsageFilter) ([]placement.TypeUsage, error) {
	types, err := m.DB.ProjectUsages(ctx, f)
	if err != nil {
		return nil, err
	}
	for i := range types {
		if types[i].ConsumerType == "" {
			types[i].ConsumerType = placement.UnknownConsumerType
		}
	}
	if f.ConsumerType != "all" || len(types) == 0 {
		return types, nil
	}
	sum, used := placement.TypeUsage{ConsumerType: "all"}, map[string]int{}
	for _, t := range types {
		sum.ConsumerCount += t.ConsumerCount
		for _, u := range t.Usages {
			used[u.ResourceClass] += u.Used
		}
	}
	for _, class := range slices.Sorted(maps.Keys(used)) {
		sum.Usages = append(sum.Usages, placement.Usage{ResourceClass: class, Used: used[class]})
	}
	return []placement.TypeUsage{sum}, nil
}
