package placement

// Usage is how much of a class is allocated, of one provider or by one project.
type Usage struct {
	ResourceClass string
	Used          int
}

// UsageFilter says whose usage is meant.
type UsageFilter struct {
	ProjectID string
	UserID    string // "" for all users of the project
	// ConsumerType is one type, "all" for the sum of all, "unknown" for consumers without one, "" for each type by itself.
	ConsumerType string
}

// TypeUsage is what the consumers of one type use together.
type TypeUsage struct {
	ConsumerType  string
	ConsumerCount int
	Usages        []Usage
}
