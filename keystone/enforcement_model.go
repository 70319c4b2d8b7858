package keystone

// EnforcementModel is what limits have to do with the tree of projects. As keystone/limit/models.
type EnforcementModel struct {
	Name, Description string
	// MaxDepth is how deep projects may nest below their domain; 0 leaves that to max_project_tree_depth.
	MaxDepth int
}

// The enforcement models by their names.
const (
	Flat           = "flat"
	StrictTwoLevel = "strict_two_level"
)

// EnforcementModels are all of them.
func EnforcementModels() []EnforcementModel {
	return []EnforcementModel{
		{Name: Flat, Description: "Limit enforcement and validation does not take project hierarchy into consideration."},
		{Name: StrictTwoLevel, Description: "This model requires project hierarchy never exceeds a depth of two", MaxDepth: 2},
	}
}

// Model is the enforcement model that is configured.
func (c *Config) Model() EnforcementModel {
	for _, m := range EnforcementModels() {
		if m.Name == c.EnforcementModel {
			return m
		}
	}
	return EnforcementModel{}
}

// ProjectDepth is how deep projects may nest below their domain. As keystone/resource/core.py, _assert_max_hierarchy_depth.
func (c *Config) ProjectDepth() int {
	if m := c.Model(); m.MaxDepth > 0 {
		return min(c.MaxProjectTreeDepth, m.MaxDepth)
	}
	return c.MaxProjectTreeDepth
}
