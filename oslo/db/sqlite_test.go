package db_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cumulet/oslo/db"
	"cumulet/oslo/db/dbtest"
	"cumulet/oslo/telemetry"
)

func TestSettingsHoldOnEveryConnection(t *testing.T) {
	t.Parallel()
	d := open(t, dbtest.Engines()[0], nil)
	settings := map[string]string{
		"journal_mode": "wal", "synchronous": "1", "foreign_keys": "1", "busy_timeout": "10000", "query_only": "1",
	}
	for name, want := range settings {
		var got string
		if err := d.NewRaw("PRAGMA "+name).Scan(t.Context(), &got); err != nil || got != want {
			t.Errorf("reader's %s is %q (%v), want %q", name, got, err, want)
		}
	}
	settings["query_only"] = "0"
	err := d.Tx(t.Context(), func(tx *db.Tx) error {
		for name, want := range settings {
			var got string
			if err := tx.NewRaw("PRAGMA "+name).Scan(t.Context(), &got); err != nil || got != want {
				t.Errorf("writer's %s is %q (%v), want %q", name, got, err, want)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestDatabaseIsReadableByItsOwnerOnly(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "new folder", "50%?#.db")
	d, err := db.Open(t.Context(), "test", db.SQLiteURL(path), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}()
	for _, file := range []string{path, path + "-wal"} {
		info, err := os.Stat(file)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", file, info, err)
		}
	}
}

func TestSenselessAddressesAreRefusedInWords(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"oracle://host/x":                         `scheme "oracle"`,
		"/var/lib/x.db":                           "lacks a scheme",
		"sqlite://x.db":                           "absolute path",
		"sqlite:///x.db?_fk=1":                    "no parameters",
		"sqlite:///x.db#1":                        "no parameters",
		"mysql://u:geheim@h\x7f/x":                "no URL",
		"mysql://u:geheim@h":                      "names one database",
		"mysql://u:geheim@/x":                     "has a host",
		"mysql://u:geheim@h/x?charset=latin1":     `no parameter "charset"`,
		"mysql://u:geheim@h/x?tls=yes":            "tls=yes is unknown",
		"postgres://u:geheim@h":                   "names one database",
		"postgres://u:geheim@h:x/y":               "no URL",
		"postgres://u:geheim@h/x?sslmode=perhaps": "names one database",
	} {
		_, err := db.Open(t.Context(), "test", address, nil)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "geheim") {
			t.Errorf("%q: %v, want %q", address, err, want)
		}
	}
}

func TestCloseLeavesOneFile(t *testing.T) {
	t.Parallel()
	address := dbtest.Engines()[0].URL(t)
	d, err := db.Open(t.Context(), "test", address, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Events(t.Context(), 0, 1); err != nil {
		t.Error(err)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	left, err := filepath.Glob(strings.TrimPrefix(address, "sqlite://") + "*")
	if err != nil || len(left) != 1 {
		t.Errorf("after closing there are %v, %v", left, err)
	}
}

func TestQueriesAreCountedInTheirSpan(t *testing.T) {
	t.Parallel()
	d := open(t, dbtest.Engines()[0], nil)
	ring := telemetry.NewRing(1 << 20)
	ctx := telemetry.With(telemetry.WithRequestID(t.Context(), "req-1"), telemetry.Telemetry{Tracer: telemetry.NewTracer("test", ring)})
	ctx, end := telemetry.Start(ctx, "request")
	for range 3 {
		if _, err := d.Events(ctx, 0, 1); err != nil {
			t.Fatal(err)
		}
	}
	err := d.Tx(ctx, func(tx *db.Tx) error { return tx.Record(ctx, "x", 1) })
	end(err)
	spans := ring.Spans("req-1")
	if err != nil || len(spans) != 2 || spans[0].Attributes["sql.queries"] != "3" || spans[1].Name != "db.tx" || spans[1].Parent != spans[0].ID {
		t.Errorf("kept %+v, %v", spans, err)
	}
}
