package architecture

import (
	"go/ast"
	"go/token"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"cumulet/glance"
	"cumulet/keystone"
	"cumulet/neutron"
	"cumulet/nova"
	"cumulet/placement"
)

// tables are the names of the events that each service says it records.
func tables() map[string][]string {
	names := map[string][]string{}
	for _, e := range nova.Events() {
		names["nova"] = append(names["nova"], e.Name)
	}
	for _, e := range neutron.Events() {
		names["neutron"] = append(names["neutron"], e.Name)
	}
	for _, e := range glance.Events() {
		names["glance"] = append(names["glance"], e.Name)
	}
	for _, e := range keystone.Events() {
		names["keystone"] = append(names["keystone"], e.Name)
	}
	for _, e := range placement.Events() {
		names["placement"] = append(names["placement"], e.Name)
	}
	return names
}

// TestEveryEventIsRecorded: what a table of events promises stands somewhere in the service's rules. The other way round is
// seen to by db.Tx.Record, which refuses what is in no table, and by the next test.
func TestEveryEventIsRecorded(t *testing.T) {
	packages := load(t)
	for s, names := range tables() {
		written := spellings(packages, s)
		for _, name := range names {
			if !slices.ContainsFunc(written, func(w *regexp.Regexp) bool { return w.MatchString(name) }) {
				t.Errorf("%s records no %q, which its table of events holds", s, name)
			}
		}
	}
}

// TestEveryRecordedEventIsInTheTable looks at the calls of Record that name the event.
func TestEveryRecordedEventIsInTheTable(t *testing.T) {
	packages, known, seen := load(t), tables(), 0
	for dir, p := range packages {
		for _, f := range p.files {
			ast.Inspect(f, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok || len(call.Args) < 3 || !records(call.Fun) {
					return true
				}
				for _, arg := range call.Args[1 : len(call.Args)-1] {
					name := spelling(arg)
					if name == nil || service(dir) == "" {
						continue
					}
					seen++
					if !slices.ContainsFunc(known[service(dir)], name.MatchString) {
						t.Errorf("%s records %s, which is not in the table of events", dir, name)
					}
				}
				return true
			})
		}
	}
	if seen < 50 {
		t.Errorf("only %d events are recorded by name: does this test still know how?", seen)
	}
}

func records(function ast.Expr) bool {
	switch f := function.(type) {
	case *ast.SelectorExpr:
		return f.Sel.Name == "Record"
	case *ast.Ident:
		return f.Name == "record"
	}
	return false
}

// spellings are the texts in a service's code, outside its tables, that may name an event.
func spellings(packages map[string]*pkg, of string) []*regexp.Regexp {
	var found []*regexp.Regexp
	for dir, p := range packages {
		if service(dir) != of || dir == of {
			continue
		}
		for _, f := range p.files {
			ast.Inspect(f, func(n ast.Node) bool {
				if e, ok := n.(ast.Expr); ok {
					if s := spelling(e); s != nil {
						found = append(found, s)
					}
				}
				return true
			})
		}
	}
	return found
}

// spelling is a text, or one put together of texts and what is only known at run time, as a pattern; nil for what has no dot.
func spelling(e ast.Expr) *regexp.Regexp {
	pattern, text := pieces(e)
	if !strings.Contains(text, ".") || !strings.ContainsAny(text, "abcdefghijklmnopqrstuvwxyz") {
		return nil
	}
	return regexp.MustCompile("^" + pattern + "$")
}

// pieces gives the pattern of an expression, and its fixed text.
func pieces(e ast.Expr) (pattern, text string) {
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind != token.STRING {
			return `[a-z_]+`, ""
		}
		if s, err := strconv.Unquote(e.Value); err == nil {
			return regexp.QuoteMeta(s), s
		}
	case *ast.BinaryExpr:
		if e.Op == token.ADD {
			left, leftText := pieces(e.X)
			right, rightText := pieces(e.Y)
			return left + right, leftText + rightText
		}
	}
	return `[a-z_]+`, ""
}
