package db

import (
	"database/sql"
	"fmt"
)

// changed tells whether a statement changed any row.
func changed(result sql.Result, err error) (bool, error) {
	if err != nil {
		return false, fmt.Errorf("change rows: %w", err)
	}
	n, err := result.RowsAffected()
	return n > 0, err
}
