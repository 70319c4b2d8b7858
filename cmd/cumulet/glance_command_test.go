package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	glancedb "cumulet/glance/db"
	"cumulet/oslo/db"
)

func TestDefinitionsAreUnloadedAndLoadedAgain(t *testing.T) {
	c := &commands{Data: t.TempDir()}
	if err := (unloadMetadefsCommand{}).Run(t.Context(), c); err == nil || !strings.Contains(err.Error(), "there is no glance") {
		t.Errorf("where there is no cloud: %v", err)
	}
	data := dataDir(c.Data)
	if err := os.MkdirAll(filepath.Dir(data.database("glance")), 0o700); err != nil {
		t.Fatal(err)
	}
	database, err := glancedb.Open(t.Context(), db.SQLiteURL(data.database("glance")))
	if err != nil {
		t.Fatal(err)
	}
	if err := database.Close(); err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	for _, deed := range []func() error{
		func() error { return loadMetadefsCommand{}.Run(t.Context(), c) },
		func() error { return exportMetadefsCommand{Path: folder}.Run(t.Context(), c) },
		func() error { return unloadMetadefsCommand{}.Run(t.Context(), c) },
		func() error { return loadMetadefsCommand{Path: folder, Merge: true}.Run(t.Context(), c) },
	} {
		if err := deed(); err != nil {
			t.Fatal(err)
		}
	}
	if written, err := filepath.Glob(filepath.Join(folder, "*.json")); err != nil || len(written) != 33 {
		t.Errorf("%v %v", written, err)
	}
	for _, wrong := range []loadMetadefsCommand{{PreferNew: true}, {Overwrite: true}, {Merge: true, PreferNew: true, Overwrite: true}} {
		if err := wrong.Run(t.Context(), c); err == nil {
			t.Errorf("%+v is taken", wrong)
		}
	}
}
