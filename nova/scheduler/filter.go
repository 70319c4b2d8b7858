package scheduler

import (
	"fmt"
	"slices"
	"time"

	"cumulet/nova"
)

// Filter refuses hosts that do not suit a server.
type Filter interface {
	// Name is upstream's ("ComputeFilter"): operators enable filters by it, and reports show it.
	Name() string
	// Refuse tells why the host does not suit, or "" when it does.
	Refuse(spec nova.RequestSpec, host Candidate) string
}

// Filters gives the filters of these names, in order.
func Filters(names []string, now func() time.Time) ([]Filter, error) {
	all := []Filter{
		computeFilter{now}, zoneFilter{}, capabilitiesFilter{}, imageFilter{}, sameHostFilter{}, differentHostFilter{},
		antiAffinityFilter{}, affinityFilter{}, aggregateFilter{},
	}
	var filters []Filter
	for _, name := range names {
		at := slices.IndexFunc(all, func(f Filter) bool { return f.Name() == name })
		if at < 0 {
			return nil, fmt.Errorf("nova: there is no scheduler filter %q", name)
		}
		filters = append(filters, all[at])
	}
	return filters, nil
}

// filter keeps the hosts that suit, and reports what refused the others. Hosts that are asked for or shut out by the request
// itself are told apart first; a forced host is not filtered.
func (s *Scheduler) filter(spec nova.RequestSpec, hosts []Candidate, report *nova.SchedulerReport) []Candidate {
	filters := s.Filters
	if spec.Forced {
		filters = nil
	}
	for _, f := range append([]Filter{requestedFilter{}}, filters...) {
		before := len(hosts)
		hosts = slices.DeleteFunc(hosts, func(h Candidate) bool {
			why := f.Refuse(spec, h)
			if why != "" {
				report.Refused[h.Host] = nova.Refusal{Filter: f.Name(), Why: why}
			}
			return why != ""
		})
		report.Filters = append(report.Filters, nova.FilterCount{Filter: f.Name(), Before: before, After: len(hosts)})
	}
	return hosts
}

// requestedFilter keeps to the host asked for, and off those that failed the server before.
type requestedFilter struct{}

func (requestedFilter) Name() string { return "RequestedHost" }

func (requestedFilter) Refuse(spec nova.RequestSpec, h Candidate) string {
	switch {
	case slices.Contains(spec.Ignore, h.Host):
		return "the server failed on it before"
	case spec.Host != "" && spec.Host != h.Host:
		return "host " + spec.Host + " is asked for"
	case spec.Node != "" && spec.Node != h.Node.Name:
		return "node " + spec.Node + " is asked for"
	}
	return ""
}
