package keystone

// ProjectEndpoint gives an endpoint to a project. The catalog of a project that was given some has no others.
type ProjectEndpoint struct{ ProjectID, EndpointID string }

// Identity makes its events findable.
func (p ProjectEndpoint) Identity() (id, projectID string) { return p.EndpointID, "" }

// ProjectEndpointGroup gives a project the endpoints of a group.
type ProjectEndpointGroup struct{ ProjectID, EndpointGroupID string }

// Identity makes its events findable.
func (p ProjectEndpointGroup) Identity() (id, projectID string) { return p.EndpointGroupID, "" }
