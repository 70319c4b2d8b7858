package main

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "write docs/reference anew")

// TestReferenceIsWhatDescribePrints holds docs/reference to the code: `go test ./cmd/cumulet -update` writes it.
func TestReferenceIsWhatDescribePrints(t *testing.T) {
	for _, d := range descriptions() {
		var printed bytes.Buffer
		if err := d.page(&printed); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join("../../docs/reference", d.name+".md")
		if *update {
			if err := os.WriteFile(file, printed.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		kept, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(kept, printed.Bytes()) {
			t.Errorf("%s is not what `cumulet describe %s` prints: write it with go test ./cmd/cumulet -update", file, d.name)
		}
	}
}

// TestRoutesHaveRules: every route is open on purpose or asks a rule that is there.
func TestRoutesHaveRules(t *testing.T) {
	for _, f := range faces() {
		known := map[string]bool{"@public": true}
		for _, r := range f.rules {
			known[r.Name] = true
		}
		for _, r := range f.routes {
			if !known[r.Rule] {
				t.Errorf("%s %s asks %q, which is no rule", f.prefix, r.Do, r.Rule)
			}
		}
	}
}
