package scheduler

import (
	"cmp"
	"slices"

	"cumulet/nova"
)

// Weigher says how good a host is for a server; more is better. What weighers say is brought to 0…1 over the hosts at hand
// before it is multiplied and summed, so that none drowns the others; as nova/weights.py.
type Weigher interface {
	Name() string
	Weigh(spec nova.RequestSpec, host Candidate) float64
	Multiplier() float64
}

// Weighers are all of them; each host's free room counts alike.
func Weighers() []Weigher {
	return []Weigher{ramWeigher{}, cpuWeigher{}, diskWeigher{}, busyWeigher{}, softAffinityWeigher{}, softAntiAffinityWeigher{}}
}

// weigh orders hosts, the best first. Hosts of one weight are told apart by the server's id, so that parallel creations do
// not all try the same.
func (s *Scheduler) weigh(spec nova.RequestSpec, hosts []Candidate, report *nova.SchedulerReport) {
	for _, w := range s.Weighers {
		values := make([]float64, len(hosts))
		for i, h := range hosts {
			values[i] = w.Weigh(spec, h)
		}
		for i, v := range normalized(values) {
			hosts[i].weight += v * w.Multiplier()
		}
	}
	for i, h := range hosts {
		hosts[i].tie = spread(spec.ServerID, h.Host)
	}
	slices.SortFunc(hosts, func(a, b Candidate) int {
		return cmp.Or(cmp.Compare(b.weight, a.weight), cmp.Compare(a.tie, b.tie))
	})
	const shown = 10
	report.Weights = map[string]float64{}
	for _, h := range hosts[:min(shown, len(hosts))] {
		report.Weights[h.Host] = h.weight
	}
}

func normalized(values []float64) []float64 {
	if len(values) == 0 {
		return nil
	}
	low, high := slices.Min(values), slices.Max(values)
	for i, v := range values {
		values[i] = 0
		if high > low {
			values[i] = (v - low) / (high - low)
		}
	}
	return values
}

// spread is a small hash (FNV-1a) of server and host.
func spread(server, host string) uint16 {
	h := uint32(2166136261)
	for _, part := range []string{server, host} {
		for i := range len(part) {
			h = (h ^ uint32(part[i])) * 16777619
		}
	}
	return uint16(h>>16) ^ uint16(h)
}
