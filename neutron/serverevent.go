package neutron

// ServerEvent is what nova is told about a server's port; Name is nova's ("network-vif-plugged").
type ServerEvent struct{ Name, ServerID, PortID string }

// Plug is the payload of the events of which nova is told: whose port it is.
type Plug struct{ Server, Port, Project string }

// Identity is the port's id and project.
func (p Plug) Identity() (id, projectID string) { return p.Port, p.Project }
