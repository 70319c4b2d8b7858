package glance

import "time"

// Filter chooses images for a list. Nil and empty members choose all.
type Filter struct {
	Visibility   Visibility   `json:"visibility,omitempty"`
	AnyCommunity bool         `json:"any_community,omitempty"` // "visibility=all": others' community images too
	MemberStatus MemberStatus `json:"member_status"`           // "" is any
	Hidden       bool         `json:"os_hidden"`
	// Columns must each hold one of the values, by the name that the API gives the column.
	Columns map[string][]string `json:"columns,omitempty"`
	// Numbers compare integer columns, Times the two times.
	Numbers    []Comparison[int64]     `json:"numbers,omitempty"`
	Times      []Comparison[time.Time] `json:"times,omitempty"`
	Protected  *bool                   `json:"protected,omitempty"`
	Tags       []string                `json:"tags,omitempty"` // all of them
	Properties map[string]string       `json:"properties,omitempty"`
	Sort       []Order                 `json:"sort"`
	Marker     string                  `json:"marker,omitempty"` // id of the last image already seen
	Limit      int                     `json:"limit"`
}

// Comparison is a condition on a column: "eq", "neq", "gt", "gte", "lt" or "lte" a value.
type Comparison[T any] struct {
	Column   string `json:"column"`
	Operator string `json:"operator"`
	Value    T      `json:"value"`
}

// Order is one key of the sorting.
type Order struct {
	Column     string `json:"column"`
	Descending bool   `json:"descending"`
}
