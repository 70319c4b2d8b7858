package db

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
)

const (
	// statementsKept is how many statements each of a connection's two generations holds.
	statementsKept = 16
	// longestKept is the longest statement that is kept, in bytes: what is longer lists rows, and does not come again.
	longestKept = 4 << 10
)

// keeping gives connections to SQLite that keep the statements they prepared last. SQLite parses and plans a statement anew
// whenever it is prepared, which is most of what a short query costs; bun writes arguments into the text, so only the same
// question counts as the same statement, and there are enough of those.
type keeping struct{ driver.Connector }

func (k keeping) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := k.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	c, ok := conn.(local)
	if !ok {
		return nil, errors.Join(fmt.Errorf("the driver's connection %T lacks a method", conn), conn.Close())
	}
	return &keeper{local: c, young: statements{}, old: statements{}}, nil
}

// local is what SQLite's driver offers of database/sql's options, all of which a wrapper must offer as well.
type local interface {
	driver.Conn
	driver.QueryerContext
	driver.ExecerContext
	driver.ConnPrepareContext
	driver.ConnBeginTx
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// statement is one that is prepared.
type statement interface {
	driver.Stmt
	driver.StmtQueryContext
	driver.StmtExecContext
}

type statements map[string]statement

// keeper is such a connection. What is used moves to the young; when they are too many they are the old, and the old are closed.
// A statement that is in use is in neither, so that one question may be asked again while its rows are read.
type keeper struct {
	local
	young, old statements
}

// QueryContext asks by a statement that is kept, or prepares one.
func (k *keeper) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if len(query) > longestKept {
		return k.local.QueryContext(ctx, query, args)
	}
	s, err := k.take(ctx, query)
	if err != nil {
		return nil, err
	}
	rows, err := s.QueryContext(ctx, args)
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	r, ok := rows.(described)
	if !ok {
		return nil, errors.Join(fmt.Errorf("the driver's rows %T lack a method", rows), rows.Close(), s.Close())
	}
	return keptRows{r, func() error { return k.keep(query, s) }, s.Close}, nil
}

// ExecContext runs a statement that is kept, or prepares one.
func (k *keeper) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if len(query) > longestKept {
		return k.local.ExecContext(ctx, query, args)
	}
	s, err := k.take(ctx, query)
	if err != nil {
		return nil, err
	}
	result, err := s.ExecContext(ctx, args)
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return result, k.keep(query, s)
}

// take hands out a statement.
func (k *keeper) take(ctx context.Context, query string) (statement, error) {
	for _, kept := range []statements{k.young, k.old} {
		if s, ok := kept[query]; ok {
			delete(kept, query)
			return s, nil
		}
	}
	prepared, err := k.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	s, ok := prepared.(statement)
	if !ok {
		return nil, errors.Join(fmt.Errorf("the driver's statement %T lacks a method", prepared), prepared.Close())
	}
	return s, nil
}

// keep takes a statement back.
func (k *keeper) keep(query string, s statement) error {
	if other, ok := k.young[query]; ok { // asked twice at once
		return errors.Join(other.Close(), k.put(query, s))
	}
	return k.put(query, s)
}

func (k *keeper) put(query string, s statement) error {
	k.young[query] = s
	if len(k.young) < statementsKept {
		return nil
	}
	err := k.old.close()
	k.young, k.old = statements{}, k.young
	return err
}

func (s statements) close() error {
	var errs []error
	for _, kept := range s {
		errs = append(errs, kept.Close())
	}
	clear(s)
	return errors.Join(errs...)
}

// Close closes the statements and the connection.
func (k *keeper) Close() error { return errors.Join(k.young.close(), k.old.close(), k.local.Close()) }

// described is what the driver's rows tell of their columns.
type described interface {
	driver.Rows
	driver.RowsColumnTypeDatabaseTypeName
	driver.RowsColumnTypeLength
	driver.RowsColumnTypeNullable
	driver.RowsColumnTypePrecisionScale
	driver.RowsColumnTypeScanType
}

// keptRows give their statement back when they are closed.
type keptRows struct {
	described
	back, forget func() error
}

// Close ends the reading.
func (r keptRows) Close() error {
	if err := r.described.Close(); err != nil {
		return errors.Join(err, r.forget())
	}
	return r.back()
}
