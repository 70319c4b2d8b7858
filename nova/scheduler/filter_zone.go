package scheduler

import "cumulet/nova"

// zoneFilter keeps hosts of the availability zone asked for.
type zoneFilter struct{}

func (zoneFilter) Name() string { return "AvailabilityZoneFilter" }

func (zoneFilter) Refuse(spec nova.RequestSpec, h Candidate) string {
	if spec.AvailabilityZone == "" || spec.AvailabilityZone == h.Zone {
		return ""
	}
	return "in zone " + h.Zone + ", not " + spec.AvailabilityZone
}
