package placement

// Group is one part of a question for candidates: resources that are wanted together.
type Group struct {
	// Suffix names the group; "" is the one whose resources may come from different providers of one tree and from
	// providers shared with it. All others must each be satisfied by one provider.
	Suffix    string
	Resources map[string]int
	Traits    TraitFilter
	MemberOf  AggregateFilter
	InTree    string // a provider whose tree must satisfy the group
}

// Granular tells whether one provider must satisfy the whole group.
func (g Group) Granular() bool { return g.Suffix != "" }

// CandidateRequest is the whole question.
type CandidateRequest struct {
	Groups []Group
	// Isolate wants granular groups on different providers.
	Isolate bool
	// Root filters by the traits of the tree's root.
	Root TraitFilter
	// SameSubtree lists sets of suffixes whose providers must all lie under one of them.
	SameSubtree [][]string
	Limit       int // 0 for all
	// Nested lets the resources come from several providers of one tree (1.29); else only flat providers, and shared ones, count.
	Nested bool
}

// Candidate is one way to satisfy a request: what to claim, and which providers answered which group.
type Candidate struct {
	RootID      string
	Allocations map[string]map[string]int // by provider, by class
	Mappings    map[string][]string       // by suffix, providers sorted
}

// ProviderSummary is what a provider of a candidate's trees has and is.
type ProviderSummary struct {
	Provider  ResourceProvider
	Resources map[string]ResourceSummary
	Traits    []string
}

// ResourceSummary is how much of a class may be allocated in all, and how much is.
type ResourceSummary struct{ Capacity, Used int }

// Candidates is the answer: ways to satisfy the request and what there is to know of the providers.
type Candidates struct {
	Candidates []Candidate
	Summaries  []ProviderSummary
}
