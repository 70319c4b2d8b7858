package keystone

// Region is a part of the cloud with endpoints of its own. Its id is chosen by whoever makes it.
type Region struct {
	ID          string
	Description string
	ParentID    string // "" for a top one
	Extra       map[string]any
}

// Identity makes a region's events findable.
func (r Region) Identity() (id, projectID string) { return r.ID, "" }

// RegionChange is what an update gives; nil members stay.
type RegionChange struct {
	Description, ParentID *string
	Extra                 map[string]any
}

// Apply changes r.
func (c RegionChange) Apply(r *Region) {
	set(&r.Description, c.Description)
	set(&r.ParentID, c.ParentID)
	r.Extra = merged(r.Extra, c.Extra, false)
}
