package db

import (
	"database/sql"
	"errors"

	sqlite3 "modernc.org/sqlite/lib"
)

// NoRows tells whether err says that a row looked for is not there.
func NoRows(err error) bool { return errors.Is(err, sql.ErrNoRows) }

// Duplicate tells whether err is the refusal of a row whose primary or unique key is taken.
func Duplicate(err error) bool {
	switch sqliteCode(err) {
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_ROWID:
		return true
	}
	return false
}

// Referenced tells whether err is the refusal by a foreign key: of a row that points to nothing, or of deleting one that
// others point to.
func Referenced(err error) bool {
	return sqliteCode(err) == sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY
}
