package keystone

// Service is a kind of thing the cloud offers: its type is what clients look for in the catalog.
type Service struct {
	ID      string
	Type    string
	Name    string
	Enabled bool
	Extra   map[string]any // description and whatever else was given
}

// Identity makes a service's events findable.
func (s Service) Identity() (id, projectID string) { return s.ID, "" }

// ServiceChange is what an update gives; nil members stay.
type ServiceChange struct {
	Type, Name *string
	Enabled    *bool
	Extra      map[string]any
}

// Apply changes s.
func (c ServiceChange) Apply(s *Service) {
	set(&s.Type, c.Type)
	set(&s.Name, c.Name)
	set(&s.Enabled, c.Enabled)
	s.Extra = merged(s.Extra, c.Extra, false)
}
