package neutron

// Draft is a noun to be made, and which of its attributes the request set.
type Draft[N any] struct {
	Of    N
	Given Given
}

// Change is what a request does to a noun that is there.
type Change[N any] struct {
	// Apply sets the given attributes on the noun as it is now.
	Apply func(*N)
	Given Given
	// IfRevision, where not nil, is the revision that the noun must have.
	IfRevision *int
}

// Holds refuses a change whose revision is not the noun's. As neutron/services/revisions/revision_plugin.py.
func (c Change[N]) Holds(revision int) error {
	if c.IfRevision == nil || *c.IfRevision == revision {
		return nil
	}
	return RevisionFailed(*c.IfRevision, revision)
}
