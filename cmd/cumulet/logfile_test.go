package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestLogIsBounded(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "cumulet.log")
	if err := os.WriteFile(path, []byte("from before\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	l := &logFile{path: path, max: 40, keep: 2}
	if err := l.open(); err != nil {
		t.Fatal(err)
	}
	for _, entry := range []string{"one", "two", "three", strings.Repeat("long", 20), "four", "five"} {
		if n, err := l.Write([]byte(entry + ".........................\n")); err != nil || n != len(entry)+26 {
			t.Fatalf("%q: %d %v", entry, n, err)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{"": "five", ".1": "four", ".2": "longlong"} {
		text, err := os.ReadFile(path + file)
		if err != nil || !strings.HasPrefix(string(text), want) {
			t.Errorf("%s holds %q (%v)", path+file, text, err)
		}
	}
	if files, err := filepath.Glob(path + "*"); err != nil || len(files) != 3 {
		t.Errorf("there are %v (%v)", files, err)
	}
}
