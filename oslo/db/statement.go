package db

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"hash/maphash"
)

const (
	// statementsKept is how many statements each of a connection's two generations holds.
	statementsKept = 16
	// questionsSeen is how many questions a connection remembers having been asked once.
	questionsSeen = 128
	// longestKept is the longest query that is kept, in bytes: what is longer lists many things, and does not come again.
	longestKept = 4 << 10
)

// keeping gives connections to SQLite that keep the queries they prepared last. SQLite parses and plans a query anew whenever it
// is prepared, which is most of what a short one costs. bun writes arguments into the text, so that most of it comes only once: a
// query is kept when it is asked for the second time, and what writes is not.
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
}

type statements map[string]statement

// keeper is such a connection. What is used moves to the young; when they are too many they are the old, and the old are closed.
// A statement that is in use is in neither, so that one question may be asked again while its rows are read.
type keeper struct {
	local
	young, old statements
	seed       maphash.Seed
	seen       map[uint64]bool // hashes of what was asked once; a question that shares one is kept a little early
}

// QueryContext asks by a statement that is kept, prepares one, or leaves it to the driver.
func (k *keeper) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if len(query) > longestKept || k.isNew(query) {
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

// isNew tells whether a question is asked for the first time, as far as is remembered.
func (k *keeper) isNew(query string) bool {
	if k.young[query] != nil || k.old[query] != nil {
		return false
	}
	hash := maphash.String(k.seed, query)
	if k.seen[hash] {
		return false
	}
	if len(k.seen) == questionsSeen {
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
