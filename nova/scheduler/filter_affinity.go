package scheduler

import (
	"slices"
	"strings"

	"cumulet/nova"
)

// sameHostFilter keeps the hosts of the servers in the hint same_host.
type sameHostFilter struct{}

func (sameHostFilter) Name() string { return "SameHostFilter" }

func (sameHostFilter) Refuse(spec nova.RequestSpec, h Candidate) string {
	if len(spec.Hints["same_host"]) == 0 || slices.Contains(spec.SameHosts, h.Host) {
		return ""
	}
	return "has none of the servers " + strings.Join(spec.Hints["same_host"], ", ")
}

// differentHostFilter keeps off the hosts of the servers in the hint different_host.
type differentHostFilter struct{}

func (differentHostFilter) Name() string { return "DifferentHostFilter" }

func (differentHostFilter) Refuse(spec nova.RequestSpec, h Candidate) string {
	if slices.Contains(spec.DifferentHosts, h.Host) {
		return "has one of the servers " + strings.Join(spec.Hints["different_host"], ", ")
	}
	return ""
}

// antiAffinityFilter keeps a group's members apart.
type antiAffinityFilter struct{}

func (antiAffinityFilter) Name() string { return "ServerGroupAntiAffinityFilter" }

func (antiAffinityFilter) Refuse(spec nova.RequestSpec, h Candidate) string {
	return refused(spec, h, "anti-affinity")
}

// affinityFilter keeps a group's members together.
type affinityFilter struct{}

func (affinityFilter) Name() string { return "ServerGroupAffinityFilter" }

func (affinityFilter) Refuse(spec nova.RequestSpec, h Candidate) string {
	return refused(spec, h, "affinity")
}

// refused says why a host is against the group's policy, where it is that one.
func refused(spec nova.RequestSpec, h Candidate, policy string) string {
	if spec.Group == nil || spec.Group.Policy != policy {
		return ""
	}
	return spec.Group.Refuse(h.Host)
}
