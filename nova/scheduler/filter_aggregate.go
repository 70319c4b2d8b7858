package scheduler

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"cumulet/nova"
)

// aggregateFilter holds a flavor's extra specs ("aggregate_instance_extra_specs:…") against the properties of the host's
// aggregates.
type aggregateFilter struct{}

func (aggregateFilter) Name() string { return "AggregateInstanceExtraSpecsFilter" }

func (aggregateFilter) Refuse(spec nova.RequestSpec, h Candidate) string {
	for _, key := range slices.Sorted(maps.Keys(spec.Flavor.ExtraSpecs)) {
		name, ok := strings.CutPrefix(key, "aggregate_instance_extra_specs:")
		if !ok {
			continue
		}
		want := spec.Flavor.ExtraSpecs[key]
		if !slices.ContainsFunc(h.Aggregates, func(a nova.Aggregate) bool { return matches(a.Metadata[name], want) }) {
			return fmt.Sprintf("no aggregate of it has %s %s", name, want)
		}
	}
	return ""
}
