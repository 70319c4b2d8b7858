package neutron

// ServerEvent is what nova is told about a server's port; Name is nova's ("network-vif-plugged").
type ServerEvent struct{ Name, ServerID, PortID string }
