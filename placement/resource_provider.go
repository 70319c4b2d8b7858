package placement

import "time"

// ResourceProvider is a host, a part of one, or a pool shared by many.
type ResourceProvider struct {
	ID         string    `json:"uuid"`
	Name       string    `json:"name"`
	Generation int       `json:"generation"`
	ParentID   string    `json:"parent_provider_uuid"` // "" at the root
	RootID     string    `json:"root_provider_uuid"`
	CreatedAt  time.Time `json:"created_at"`
	UpdatedAt  time.Time `json:"updated_at"`
}

// Identity names the provider in its events.
func (p ResourceProvider) Identity() (id, projectID string) { return p.ID, "" }

// ResourceProviderFilter narrows a list of providers; zero members narrow nothing.
type ResourceProviderFilter struct {
	ID, Name string
	// InTree is a provider whose whole tree is meant.
	InTree    string
	Resources map[string]int
	Traits    TraitFilter
	MemberOf  AggregateFilter
}
