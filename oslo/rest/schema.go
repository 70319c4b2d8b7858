package rest

// Schemas are a body's schemas by microversion: the last one whose From is not later than the call's version holds.
type Schemas []VersionedSchema

// VersionedSchema is a schema and the first microversion it holds for.
type VersionedSchema struct {
	From   Version
	Schema *Schema
}

// Body is the one schema of a body for all versions.
func Body(s *Schema) Schemas { return Schemas{{Schema: s}} }

// From adds the schema that holds from a later microversion on.
func (ss Schemas) From(v Version, s *Schema) Schemas {
	return append(ss[:len(ss):len(ss)], VersionedSchema{v, s})
}
