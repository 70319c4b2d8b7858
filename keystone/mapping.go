package keystone

// Mapping says who somebody is here whom an identity provider vouches for. Its rules' language is keystone/federation/mapping's.
type Mapping struct {
	ID    string
	Rules []any
}

// Identity makes a mapping's events findable.
func (m Mapping) Identity() (id, projectID string) { return m.ID, "" }
