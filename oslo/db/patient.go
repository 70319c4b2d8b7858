package db

import (
	"context"
	"crypto/tls"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/go-sql-driver/mysql"

	"cumulet/oslo/fault"
)

// patient connects to a server, and waits for one that is away for a while.
type patient struct {
	driver.Connector
	reads bool // its connections only read, so that what a broken one was asked can be asked of another
}

// Connect gives a connection as soon as the server answers, or a fault of kind unavailable.
func (p patient) Connect(ctx context.Context) (driver.Conn, error) {
	patience, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for pause := range pauses() {
		conn, err := p.Connector.Connect(patience)
		switch {
		case err == nil:
			return p.wrap(conn)
		case ctx.Err() != nil:
			return nil, fmt.Errorf("connect to the database: %w", ctx.Err())
		case refused(err):
			return nil, fmt.Errorf("connect to the database: %w", err)
		case wait(patience, min(pause, 250*time.Millisecond)) != nil:
			return nil, fault.New(fault.Unavailable, "DatabaseUnavailable", "The database is away, try again later.").Because(err)
		}
	}
	return nil, nil
}

// refused tells whether the answer to a try to connect is a no that waiting does not change.
func refused(err error) bool {
	if mariadbCode(err) != 0 || postgresCode(err) != "" {
		return !lost(err)
	}
	var name *net.DNSError
	var certificate *tls.CertificateVerificationError
	return errors.As(err, &name) && name.IsNotFound || errors.As(err, &certificate) || errors.Is(err, mysql.ErrNoTLS)
}

// connection is what all drivers offer of database/sql's options, all of which a wrapper must offer as well.
type connection interface {
	driver.Conn
	driver.QueryerContext
	driver.ExecerContext
	driver.ConnPrepareContext
	driver.ConnBeginTx
	driver.Pinger
	driver.SessionResetter
}

// distant is what those of the servers offer.
type distant interface {
	connection
	driver.NamedValueChecker
}

func (p patient) wrap(conn driver.Conn) (driver.Conn, error) {
	c, ok := conn.(distant)
	if !ok {
		return nil, fmt.Errorf("the driver's connection %T lacks a method", conn)
	}
	if p.reads {
		return reader{remote{c}}, nil
	}
	return remote{c}, nil
}

// remote is a connection to a server.
type remote struct{ distant }

// Close never fails: the server forgets a broken connection without being told.
func (r remote) Close() error {
	r.distant.Close() //nolint:errcheck // see above
	return nil
}

// IsValid is the driver's own judgement, where it has one.
func (r remote) IsValid() bool {
	v, ok := r.distant.(driver.Validator)
	return !ok || v.IsValid()
}

// reader is a connection whose queries are asked again of another when it breaks: database/sql does that on ErrBadConn.
type reader struct{ remote }

// QueryContext asks.
func (r reader) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	rows, err := r.remote.QueryContext(ctx, query, args)
	if err != nil && ctx.Err() == nil && lost(err) {
		return nil, driver.ErrBadConn
	}
	return rows, err
}
