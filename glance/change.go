package glance

// Change is one operation of a patch: what it does to which attribute or property. Its value has passed the schema.
type Change struct {
	Operation Operation `json:"operation"`
	Name      string    `json:"name"` // as the API names attributes; anything else is a property
	Value     any       `json:"value,omitempty"`
	// Strict has Add refuse what is already there, as the old patch media type (v2.0) did.
	Strict bool `json:"strict,omitempty"`
	// Position is which of the locations is meant, where one is added or removed: an index, or "-" for the end. Claims are those that are
	// to be the image's.
	Position string  `json:"position,omitempty"`
	Claims   []Claim `json:"claims,omitempty"`
}

// Locations is the attribute that says where an image's bits lie.
const Locations = "locations"

// Operation is what a change does.
type Operation string

// The operations of a patch.
const (
	Add     Operation = "add"
	Replace Operation = "replace"
	Remove  Operation = "remove"
)
