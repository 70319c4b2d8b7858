package scheduler

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"

	"cumulet/nova"
	"cumulet/oslo/telemetry"
)

// toldHosts bounds the hosts that a trace names.
const toldHosts = 20

// SelectHost picks a host and claims its room for the server. Asked again for a server that has a claim, it answers the
// host of that claim.
func (s *Scheduler) SelectHost(ctx context.Context, m nova.SelectHost) (selection nova.Selection, err error) {
	ctx, end := telemetry.Start(ctx, "scheduler.select", slog.String("server", m.Spec.ServerID))
	defer func() { end(err) }()
	selection, err = s.selectHost(ctx, m)
	if err == nil {
		telemetry.Note(ctx, decision(selection.Report)...)
	}
	return selection, err
}

// decision is a report in few words: how many hosts each filter let pass, why it refused others, what the rest weighed.
func decision(r nova.SchedulerReport) []slog.Attr {
	chosen := cmp.Or(r.Chosen, "none")
	attrs := []slog.Attr{slog.String("chosen", chosen), slog.Int("candidates", r.Candidates)}
	if r.Claims > 0 {
		attrs = append(attrs, slog.Int("claims_lost", r.Claims))
	}
	var filters, refused, weights []string
	for _, f := range r.Filters {
		filters = append(filters, fmt.Sprintf("%s %d of %d", f.Filter, f.After, f.Before))
	}
	for _, host := range bounded(slices.Sorted(maps.Keys(r.Refused))) {
		why := r.Refused[host]
		refused = append(refused, fmt.Sprintf("%s: %s: %s", host, why.Filter, why.Why))
	}
	best := slices.SortedFunc(maps.Keys(r.Weights), func(a, b string) int {
		return cmp.Or(cmp.Compare(r.Weights[b], r.Weights[a]), cmp.Compare(a, b))
	})
	for _, host := range bounded(best) {
		weights = append(weights, fmt.Sprintf("%s %.3f", host, r.Weights[host]))
	}
	for _, list := range []struct {
		key   string
		words []string
	}{{"passed", filters}, {"refused", refused}, {"weights", weights}} {
		if len(list.words) > 0 {
			attrs = append(attrs, slog.String(list.key, strings.Join(list.words, "; ")))
		}
	}
	if more := len(r.Refused) - toldHosts; more > 0 {
		attrs = append(attrs, slog.Int("refused_besides", more))
	}
	return attrs
}

func bounded(hosts []string) []string { return hosts[:min(len(hosts), toldHosts)] }
