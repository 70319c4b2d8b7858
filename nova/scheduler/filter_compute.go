package scheduler

import (
	"fmt"
	"time"

	"cumulet/nova"
)

// computeFilter keeps hosts whose nova-compute is up and enabled; as nova/scheduler/filters/compute_filter.py.
type computeFilter struct{ now func() time.Time }

func (computeFilter) Name() string { return "ComputeFilter" }

func (f computeFilter) Refuse(_ nova.RequestSpec, h Candidate) string {
	s := h.Service
	switch {
	case s.Disabled && s.DisabledReason != nil && *s.DisabledReason != "":
		return "disabled: " + *s.DisabledReason
	case s.Disabled:
		return "disabled"
	case s.ForcedDown:
		return "forced down"
	case s.LastSeen == nil:
		return "never heard of"
	case !s.Up(f.now()):
		return fmt.Sprintf("not heard of for %s", f.now().Sub(*s.LastSeen).Round(time.Second))
	}
	return ""
}
