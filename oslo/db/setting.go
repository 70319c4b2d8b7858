package db

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
)

// setting is a pragma and the value it must have.
type setting struct{ name, value string }

// checked reads the settings back on every new connection: a misspelt or refused pragma is no error to SQLite, and a
// database that runs without them loses writes under load.
type checked struct {
	driver.Connector
	settings []setting
}

func (c checked) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	for _, s := range c.settings {
		got, err := readBack(ctx, conn, s.name)
		if err == nil && got != s.value {
			err = fmt.Errorf("pragma %s is %s where it was set to %s", s.name, got, s.value)
		}
		if err != nil {
			return nil, errors.Join(err, conn.Close())
		}
	}
	return conn, nil
}

func readBack(ctx context.Context, conn driver.Conn, name string) (string, error) {
	q, ok := conn.(driver.QueryerContext)
	if !ok {
		return "", errors.New("the driver's connection answers no query")
	}
	rows, err := q.QueryContext(ctx, "PRAGMA "+name, nil)
	if err != nil {
		return "", fmt.Errorf("read pragma %s: %w", name, err)
	}
	defer rows.Close()
	value := make([]driver.Value, 1)
	if err := rows.Next(value); errors.Is(err, io.EOF) {
		return "", fmt.Errorf("there is no pragma %s", name)
	} else if err != nil {
		return "", fmt.Errorf("read pragma %s: %w", name, err)
	}
	return fmt.Sprint(value[0]), nil
}
