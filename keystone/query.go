package keystone

// Query narrows a list. The zero value is all.
type Query struct {
	Where []Condition
	// Limit bounds the list; 0 does not.
	Limit int
}

// Condition compares an attribute, by its name in the API.
type Condition struct {
	Attribute string
	Compare   Comparison
	Value     any // string or bool
}

// Comparison is how an attribute is held against a value.
type Comparison string

// Comparisons, as the API writes them after the attribute: "name__contains". As keystone/common/driver_hints.py.
const (
	Equals     Comparison = ""
	Contains   Comparison = "contains"
	StartsWith Comparison = "startswith"
	EndsWith   Comparison = "endswith"
)

// And adds the condition that attribute equals value; an empty value adds nothing.
func (q Query) And(attribute, value string) Query {
	if value != "" {
		q.Where = append(q.Where[:len(q.Where):len(q.Where)], Condition{attribute, Equals, value})
	}
	return q
}
