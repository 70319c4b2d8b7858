package architecture

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "cumulet"

// services are the folders at the root that stand for one of OpenStack's services.
var services = []string{"keystone", "glance", "placement", "nova", "neutron", "cinder", "swift", "heat", "ceilometer", "gnocchi", "aodh", "horizon"}

// pkg is one package: its folder from the root, and what its files (without tests) import.
type pkg struct {
	dir     string
	imports []string
	files   []*ast.File
}

// load parses every package of the module.
func load(t *testing.T) map[string]*pkg {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	packages := map[string]*pkg{}
	set := token.NewFileSet()
	err = filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		if entry.IsDir() && (name == "testdata" || name == "bin" || name == "build" || name == "node_modules" || strings.HasPrefix(name, ".") && file != root) {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		parsed, err := parser.ParseFile(set, file, nil, parser.SkipObjectResolution|parser.ParseComments)
		if err != nil {
			return err
		}
		dir, err := filepath.Rel(root, filepath.Dir(file))
		if err != nil {
			return err
		}
		dir = filepath.ToSlash(dir)
		p := packages[dir]
		if p == nil {
			p = &pkg{dir: dir}
			packages[dir] = p
		}
		p.files = append(p.files, parsed)
		for _, i := range parsed.Imports {
			imported, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return err
			}
			if !slices.Contains(p.imports, imported) {
				p.imports = append(p.imports, imported)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(packages) < 10 {
		t.Fatalf("only %d packages were found", len(packages))
	}
	return packages
}

// service is the service a folder belongs to, or "".
func service(dir string) string {
	first, _, _ := strings.Cut(dir, "/")
	if slices.Contains(services, first) {
		return first
	}
	return ""
}

// floor names the floor a folder of a service stands on.
func floor(dir string) string {
	first, rest, _ := strings.Cut(dir, "/")
	second, _, _ := strings.Cut(rest, "/")
	switch {
	case rest == "":
		return "nouns"
	case second == "db":
		return "rows"
	case second == "server":
		return "wiring" // puts a service's floors together, for cmd/cumulet and for the service's own tests
	case second == "api", second == "notification", first == "nova" && second == "metadata", first == "keystone" && second == "middleware":
		return "wire"
	case first == "nova" && second == "virt", first == "glance" && second == "store", first == "neutron" && second == "agent":
		return "machines"
	}
	return "rules and roles"
}

// own tells whether an import is a package of this module, and its folder.
func own(imported string) (string, bool) {
	return strings.CutPrefix(imported, module+"/")
}

func TestServicesDoNotImportOneAnother(t *testing.T) {
	for dir, p := range load(t) {
		s := service(dir)
		for _, imported := range p.imports {
			to, ours := own(imported)
			if ours && s != "" && service(to) != "" && service(to) != s {
				t.Errorf("%s imports %s: services meet over HTTP and the bus", dir, to)
			}
			if ours && strings.HasPrefix(dir, "oslo/") && !strings.HasPrefix(to, "oslo/") {
				t.Errorf("%s imports %s: foundations know no service", dir, to)
			}
		}
	}
}

func TestFloors(t *testing.T) {
	for dir, p := range load(t) {
		if service(dir) == "" {
			continue
		}
		for _, imported := range p.imports {
			if why := forbidden(floor(dir), imported); why != "" {
				t.Errorf("%s (%s) imports %s: %s", dir, floor(dir), imported, why)
			}
		}
	}
}

// forbidden says why a floor may not import something, or "".
func forbidden(on, imported string) string {
	to, ours := own(imported)
	isSQL := imported == "database/sql" || strings.HasPrefix(imported, "github.com/uptrace/bun")
	switch on {
	case "nouns":
		if ours && to != "oslo/fault" {
			return "nouns know oslo/fault and the standard library only"
		}
		if isSQL || imported == "net/http" {
			return "nouns know no HTTP and no SQL"
		}
	case "rows":
		if ours && service(to) != "" && floor(to) != "nouns" && floor(to) != "rows" {
			return "rows know nouns only"
		}
		if imported == "net/http" || to == "oslo/rest" {
			return "rows know no HTTP"
		}
	case "machines":
		if to == "oslo/db" || isSQL || ours && service(to) != "" && floor(to) != "nouns" && floor(to) != "machines" {
			return "machines know nouns and the world, no database and no rules"
		}
		if to == "oslo/rest" {
			return "machines serve no API"
		}
	case "rules and roles":
		if to == "oslo/rest" || ours && service(to) != "" && floor(to) == "wire" && path.Base(to) == "api" {
			return "rules know no wire"
		}
		if isSQL {
			return "SQL stands in db only"
		}
	case "wire":
		if isSQL || to == "oslo/db" || ours && service(to) != "" && floor(to) == "rows" {
			return "the wire asks rules, never rows"
		}
	}
	return ""
}

// TestHypervisorsSeeNoDatabase follows imports all the way: what runs on a hypervisor is linked without a database.
func TestHypervisorsSeeNoDatabase(t *testing.T) {
	packages := load(t)
	for dir := range packages {
		if dir != "nova/compute" && !strings.HasPrefix(dir, "nova/virt") && !strings.HasPrefix(dir, "neutron/agent") {
			continue
		}
		if way := reach(packages, dir, "oslo/db", map[string]bool{}); way != nil {
			t.Errorf("%s reaches a database: %s", dir, strings.Join(way, " → "))
		}
	}
}

// reach finds a way of imports from one folder to another.
func reach(packages map[string]*pkg, from, to string, seen map[string]bool) []string {
	if from == to {
		return []string{to}
	}
	if seen[from] || packages[from] == nil {
		return nil
	}
	seen[from] = true
	for _, imported := range packages[from].imports {
		if next, ours := own(imported); ours {
			if way := reach(packages, next, to, seen); way != nil {
				return append([]string{from}, way...)
			}
		}
	}
	return nil
}

func TestNames(t *testing.T) {
	heaps := []string{"util", "utils", "common", "helper", "helpers", "misc", "types", "structs", "core", "base", "impl", "pkg", "src", "internal"}
	for dir := range load(t) {
		for _, part := range strings.Split(dir, "/") {
			if slices.Contains(heaps, part) {
				t.Errorf("%s: %q says nothing; name it by its noun", dir, part)
			}
		}
	}
}

func TestEveryPackageSaysWhatItIsFor(t *testing.T) {
	for dir, p := range load(t) {
		if !slices.ContainsFunc(p.files, func(f *ast.File) bool { return f.Doc != nil }) {
			t.Errorf("%s has no package comment", dir)
		}
	}
}

func TestNothingRunsBeforeMain(t *testing.T) {
	for dir, p := range load(t) {
		for _, f := range p.files {
			for _, d := range f.Decls {
				if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
					t.Errorf("%s has an init()", dir)
				}
			}
			for _, i := range f.Imports {
				if i.Name != nil && i.Name.Name == "_" && !strings.Contains(i.Path.Value, "sqlite") && i.Path.Value != `"embed"` {
					t.Errorf("%s imports %s for its side effects", dir, i.Path.Value)
				}
			}
		}
	}
}
