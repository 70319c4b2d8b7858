package keystone

// Policy is a document of rules that is kept for whoever fetches it. Keystone does not read it: its own rules are others.
type Policy struct {
	ID    string
	Blob  string // the document
	Type  string // its media type
	Extra map[string]any
}

// Identity makes a policy's events findable.
func (p Policy) Identity() (id, projectID string) { return p.ID, "" }

// PolicyChange is what an update gives; nil members stay.
type PolicyChange struct {
	Blob, Type *string
	Extra      map[string]any
}

// Apply changes p.
func (c PolicyChange) Apply(p *Policy) {
	set(&p.Blob, c.Blob)
	set(&p.Type, c.Type)
	p.Extra = merged(p.Extra, c.Extra, false)
}

// PolicyAssociation says which policy is for an endpoint, for a service in a region, or for a service. What is not meant is
// "": an endpoint stands alone, a region with its service. Each has one policy at most.
type PolicyAssociation struct{ PolicyID, EndpointID, ServiceID, RegionID string }

// Identity makes its events findable.
func (a PolicyAssociation) Identity() (id, projectID string) { return a.PolicyID, "" }
