package keystone

// EndpointGroup is the endpoints that all of its filters fit, those that come later included.
type EndpointGroup struct {
	ID          string
	Name        string
	Description *string // nil for null
	// Filters are what an endpoint must have as its service_id, region_id or interface; null is an endpoint without a region.
	Filters map[string]any
}

// Identity makes an endpoint group's events findable.
func (g EndpointGroup) Identity() (id, projectID string) { return g.ID, "" }

// Has tells whether an endpoint is in the group.
func (g EndpointGroup) Has(e Endpoint) bool {
	for name, wanted := range g.Filters {
		var is any
		switch {
		case name == "service_id":
			is = e.ServiceID
		case name == "interface":
			is = string(e.Interface)
		case name == "region_id" && e.RegionID != "":
			is = e.RegionID
		}
		if is != wanted {
			return false
		}
	}
	return true
}

// EndpointGroupChange is what an update gives; nil members stay. Filters replace those that were.
type EndpointGroupChange struct {
	Name        *string
	Description **string // to nil for null
	Filters     map[string]any
}

// Apply changes g.
func (c EndpointGroupChange) Apply(g *EndpointGroup) {
	set(&g.Name, c.Name)
	set(&g.Description, c.Description)
	if c.Filters != nil {
		g.Filters = c.Filters
	}
}
