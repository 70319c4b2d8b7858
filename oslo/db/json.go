package db

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
)

// JSON is a column that keeps any value as JSON text. NULL reads as the zero value.
type JSON[T any] struct{ V T }

// Value encodes for the database.
func (j JSON[T]) Value() (driver.Value, error) {
	b, err := json.Marshal(j.V)
	return string(b), err
}

// Scan decodes from the database.
func (j *JSON[T]) Scan(from any) error {
	var zero T
	j.V = zero
	switch from := from.(type) {
	case nil:
		return nil
	case string:
		return json.Unmarshal([]byte(from), &j.V)
	case []byte:
		return json.Unmarshal(from, &j.V)
	}
	return fmt.Errorf("a JSON column cannot be read from %T", from)
}
