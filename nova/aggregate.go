package nova

import (
	"slices"
	"time"
)

// DefaultZone is the availability zone of hosts that no aggregate puts in another.
const DefaultZone = "nova"

// InternalZone is the zone of services that are no computes.
const InternalZone = "internal"

// Aggregate is a set of hosts with properties; the property availability_zone makes it a zone.
type Aggregate struct {
	ID        int64             `json:"id"`
	UUID      string            `json:"uuid"`
	Name      string            `json:"name"`
	Metadata  map[string]string `json:"metadata"`
	Hosts     []string          `json:"hosts"`
	CreatedAt time.Time         `json:"created_at"`
	UpdatedAt *time.Time        `json:"updated_at"`
}

// Identity makes an aggregate's events findable.
func (a Aggregate) Identity() (id, projectID string) { return a.UUID, "" }

// Zone is the availability zone it makes, or "".
func (a Aggregate) Zone() string { return a.Metadata["availability_zone"] }

// AvailabilityZone is a zone with its hosts' services.
type AvailabilityZone struct {
	Name      string
	Available bool
	// Services by host and binary; only where details are asked for.
	Services map[string]map[string]Service
}

// ZoneOf is the availability zone that a host is in, or otherwise.
func ZoneOf(host string, aggregates []Aggregate, otherwise string) string {
	for _, a := range aggregates {
		if a.Zone() != "" && slices.Contains(a.Hosts, host) {
			return a.Zone()
		}
	}
	return otherwise
}
