package db

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"hash/maphash"
	"strings"
)

const (
	// statementsKept is how many statements each of a connection's two generations holds.
	statementsKept = 64
	// seenOnce is how many statements a connection remembers having been asked once.
	seenOnce = 512
	// longestKept is the longest text that is kept, in bytes: what is longer lists many things, and does not come again.
	longestKept = 4 << 10
)

// keeping gives connections to SQLite that keep the statements they prepared last. SQLite parses and plans a statement anew whenever
// it is prepared, which is most of what a short one costs. bun writes arguments into the text: they are lifted out of it, so that a
// statement is found again by what it does, whatever the values. It is kept when it comes for the second time.
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
	return &keeper{local: c, young: statements{}, old: statements{}, seed: maphash.MakeSeed(), seen: map[uint64]bool{}}, nil
}

// local is what SQLite's driver offers.
type local interface {
	connection
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
	seed       maphash.Seed
	seen       map[uint64]bool // hashes of what came once; a statement that shares one is kept a little early
}

// QueryContext asks by a statement that is kept, prepares one, or leaves it to the driver.
func (k *keeper) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	text, values, s := k.find(ctx, query, args)
	if s == nil {
		return k.local.QueryContext(ctx, query, args)
	}
	rows, err := s.QueryContext(ctx, values)
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	r, ok := rows.(described)
	if !ok {
		return nil, errors.Join(fmt.Errorf("the driver's rows %T lack a method", rows), rows.Close(), s.Close())
	}
	return keptRows{r, func() error { return k.keep(text, s) }, s.Close}, nil
}

// ExecContext changes by such a statement.
func (k *keeper) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	text, values, s := k.find(ctx, query, args)
	if s == nil {
		return k.local.ExecContext(ctx, query, args)
	}
	result, err := s.ExecContext(ctx, values)
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return result, k.keep(text, s)
}

// find gives the statement to run with its values and the text to keep it by; nil where the driver is to do it.
func (k *keeper) find(ctx context.Context, query string, args []driver.NamedValue) (text string, values []driver.NamedValue, s statement) {
	if len(args) > 0 || !keepable(query) {
		return "", nil, nil
	}
	text, values, ok := lift(query)
	if !ok || len(text) > longestKept || k.isNew(text) {
		return "", nil, nil
	}
	s, err := k.take(ctx, text)
	if err != nil { // the driver says what is wrong with the query as it stands, if anything is
		return "", nil, nil
	}
	return text, values, s
}

// keepable tells whether a statement reads or writes rows: others make or set things, once.
func keepable(query string) bool {
	for _, verb := range []string{"SELECT ", "INSERT ", "UPDATE ", "DELETE ", "WITH "} {
		if strings.HasPrefix(query, verb) {
			return true
		}
	}
	return false
}

// isNew tells whether a statement comes for the first time, as far as is remembered.
func (k *keeper) isNew(text string) bool {
	if k.young[text] != nil || k.old[text] != nil {
		return false
	}
	hash := maphash.String(k.seed, text)
	if k.seen[hash] {
		return false
	}
	if len(k.seen) == seenOnce {
		clear(k.seen)
	}
	k.seen[hash] = true
	return true
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
