package nova

import (
	"fmt"
	"time"
)

// RequestSpec is what a server needs of its host.
type RequestSpec struct {
	ServerID         string              `json:"server_id"`
	ProjectID        string              `json:"project_id"`
	UserID           string              `json:"user_id"`
	Flavor           Flavor              `json:"flavor"`
	Image            map[string]string   `json:"image"` // properties
	AvailabilityZone string              `json:"availability_zone"`
	Host             string              `json:"host"` // the only one allowed, where set
	Node             string              `json:"node"`
	Forced           bool                `json:"forced"` // the host is not to be filtered
	Hints            map[string][]string `json:"hints"`
	Group            *GroupSpec          `json:"group,omitempty"`
	SameHosts        []string            `json:"same_hosts,omitempty"`      // any of these; from the hint same_host
	DifferentHosts   []string            `json:"different_hosts,omitempty"` // none of these; from the hint different_host
	Ignore           []string            `json:"ignore,omitempty"`          // hosts that failed it before
}

// Identity makes a placement's event findable by its server.
func (r RequestSpec) Identity() (id, projectID string) { return r.ServerID, r.ProjectID }

// GroupSpec is a server group as a scheduler sees it: its rule, and how many members each host has.
type GroupSpec struct {
	ID         string         `json:"id"`
	Policy     string         `json:"policy"`
	MaxPerHost int            `json:"max_per_host"`
	Hosts      map[string]int `json:"hosts"`
}

// Refuse says why a host is against a hard policy for one more member, "" when it is not. Soft policies refuse none.
func (g GroupSpec) Refuse(host string) string {
	switch {
	case g.Policy == "anti-affinity" && g.Hosts[host] >= max(g.MaxPerHost, 1):
		return fmt.Sprintf("has %d members of group %s", g.Hosts[host], g.ID)
	case g.Policy == "affinity" && len(g.Hosts) > 0 && g.Hosts[host] == 0:
		return "has no member of group " + g.ID
	}
	return ""
}

// SelectHost asks a scheduler for a host, with the resources claimed there for the server.
type SelectHost struct {
	Spec RequestSpec `json:"spec"`
}

// Method names the message.
func (SelectHost) Method() string { return "select_host" }

// Selection is a scheduler's answer; Host is "" when none fits.
type Selection struct {
	Host   string          `json:"host"`
	Node   string          `json:"node"`
	NodeID string          `json:"node_id"`
	Zone   string          `json:"zone"`
	Report SchedulerReport `json:"report"`
}

// SchedulerReport says how a host was chosen, or why there was none.
type SchedulerReport struct {
	At         time.Time          `json:"at"`
	Candidates int                `json:"candidates"` // hosts with room, as placement says
	Filters    []FilterCount      `json:"filters"`
	Refused    map[string]Refusal `json:"refused"` // by host
	Weights    map[string]float64 `json:"weights,omitempty"`
	Chosen     string             `json:"chosen"`
	// Claims counts the hosts tried in vain, because others took their room meanwhile.
	Claims int `json:"claims"`
}

// FilterCount is how many hosts came to a filter and how many passed it.
type FilterCount struct {
	Filter string `json:"filter"`
	Before int    `json:"before"`
	After  int    `json:"after"`
}

// Refusal is the filter that refused a host, and why.
type Refusal struct {
	Filter string `json:"filter"`
	Why    string `json:"why"`
}

// HostState is a host as schedulers keep it in memory.
type HostState struct {
	// At is when it was read from the database: states may overtake one another on the bus.
	At         time.Time   `json:"at"`
	Host       string      `json:"host"`
	Node       ComputeNode `json:"node"`
	Service    Service     `json:"service"`
	Zone       string      `json:"zone"`
	Aggregates []Aggregate `json:"aggregates,omitempty"`
	Servers    int         `json:"servers"`
	Busy       int         `json:"busy"` // servers with input and output under way: being built, resized, snapshotted
}

// ListHostStates asks the conductor for all hosts, or for one.
type ListHostStates struct {
	Host string `json:"host,omitempty"`
}

// Method names the message.
func (ListHostStates) Method() string { return "list_host_states" }

// HostStates is the answer to ListHostStates.
type HostStates struct {
	Hosts []HostState `json:"hosts"`
}

// HostChanged tells every scheduler that a host's record changed: enabled, disabled, moved to another zone, new. It
// carries the new state, so that ten thousand hosts' schedulers need not ask again.
type HostChanged struct {
	State HostState `json:"state"`
}

// Method names the message.
func (HostChanged) Method() string { return "host_changed" }

// AnnounceHost has a conductor send a host's HostChanged to all schedulers.
type AnnounceHost struct {
	Host string `json:"host"`
}

// Method names the message.
func (AnnounceHost) Method() string { return "announce_host" }
