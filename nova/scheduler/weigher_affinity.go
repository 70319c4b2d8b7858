package scheduler

import "cumulet/nova"

// members counts a group's members on a host when the group has the policy.
func members(spec nova.RequestSpec, h Candidate, policy string) float64 {
	if spec.Group == nil || spec.Group.Policy != policy {
		return 0
	}
	return float64(spec.Group.Hosts[h.Host])
}

// softAffinityWeigher likes hosts with members of the group.
type softAffinityWeigher struct{}

func (softAffinityWeigher) Name() string        { return "ServerGroupSoftAffinityWeigher" }
func (softAffinityWeigher) Multiplier() float64 { return 10 }
func (softAffinityWeigher) Weigh(spec nova.RequestSpec, h Candidate) float64 {
	return members(spec, h, "soft-affinity")
}

// softAntiAffinityWeigher dislikes them.
type softAntiAffinityWeigher struct{}

func (softAntiAffinityWeigher) Name() string        { return "ServerGroupSoftAntiAffinityWeigher" }
func (softAntiAffinityWeigher) Multiplier() float64 { return -10 }
func (softAntiAffinityWeigher) Weigh(spec nova.RequestSpec, h Candidate) float64 {
	return members(spec, h, "soft-anti-affinity")
}
