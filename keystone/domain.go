package keystone

// DefaultDomain is the id of the domain that is always there, and the one of requests that name none.
const DefaultDomain = "default"

// NewDomain is a project that acts as a domain.
func NewDomain(name, description string) Project {
	return Project{Name: name, Description: &description, Enabled: true, IsDomain: true}
}
