package db

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5/pgconn"
	sqlite3 "modernc.org/sqlite/lib"

	"cumulet/oslo/fault"
)

// NoRows tells whether err says that a row looked for is not there.
func NoRows(err error) bool { return errors.Is(err, sql.ErrNoRows) }

// Duplicate tells whether err is the refusal of a row whose primary or unique key is taken.
func Duplicate(err error) bool {
	switch sqliteCode(err) {
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_ROWID:
		return true
	}
	return mariadbCode(err) == 1062 || postgresCode(err) == "23505"
}

// Referenced tells whether err is the refusal by a foreign key: of a row that points to nothing, or of deleting one that
// others point to.
func Referenced(err error) bool {
	switch mariadbCode(err) {
	case 1216, 1217, 1451, 1452:
		return true
	}
	return sqliteCode(err) == sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY || postgresCode(err) == "23503"
}

// lost tells whether err means that the connection to the server broke, or that there was none to be had for now.
func lost(err error) bool {
	if fault.Is(err, fault.Unavailable) { // it was waited for already
		return false
	}
	switch mariadbCode(err) {
	case 1040, 1053, 1077, 1079, 1927, 1203: // too many connections, shutting down, connection killed
		return true
	}
	if code := postgresCode(err); code != "" {
		// Connection trouble, and the shutdown, crash and start of a server; too many connections.
		return strings.HasPrefix(code, "08") || strings.HasPrefix(code, "57P") || code == "53300"
	}
	for _, broken := range []error{
		driver.ErrBadConn, mysql.ErrInvalidConn, io.EOF, io.ErrUnexpectedEOF, net.ErrClosed,
		syscall.ECONNREFUSED, syscall.ECONNRESET, syscall.EPIPE, syscall.ENOENT, // the last: a socket not yet there
	} {
		if errors.Is(err, broken) {
			return true
		}
	}
	var network *net.OpError
	return errors.As(err, &network) || pgconn.SafeToRetry(err)
}
