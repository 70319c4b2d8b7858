package placement

import (
	_ "embed"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Trait is a quality a provider has or lacks.
type Trait struct {
	Name      string
	CreatedAt time.Time
}

// SharesViaAggregate marks a provider whose resources serve all providers of its aggregates.
const SharesViaAggregate = "MISC_SHARES_VIA_AGGREGATE"

// The names of the standard traits, one a line, sorted; as the os-traits library lists them.
//
//go:embed standard_traits.txt
var standardTraits string

// StandardTraits lists the names every cloud knows, sorted.
func StandardTraits() []string { return strings.Fields(standardTraits) }

var customName = regexp.MustCompile(`^CUSTOM_[A-Z0-9_]+$`)

// Custom tells whether a name is one that operators may give to traits and resource classes.
func Custom(name string) bool { return len(name) <= 255 && customName.MatchString(name) }

// TraitFilter asks for qualities: one of each set in Required, none of Forbidden.
type TraitFilter struct {
	Required  [][]string
	Forbidden []string
}

// Names are all traits the filter mentions, sorted, each once.
func (f TraitFilter) Names() []string {
	names := slices.Concat(slices.Concat(f.Required...), f.Forbidden)
	slices.Sort(names)
	return slices.Compact(names)
}

// Met tells whether a provider, or several together, with these traits satisfies what is required.
func (f TraitFilter) Met(has map[string]bool) bool {
	for _, any := range f.Required {
		if !slices.ContainsFunc(any, func(t string) bool { return has[t] }) {
			return false
		}
	}
	return true
}

// Barred tells whether a provider with these traits is forbidden.
func (f TraitFilter) Barred(has map[string]bool) bool {
	return slices.ContainsFunc(f.Forbidden, func(t string) bool { return has[t] })
}
