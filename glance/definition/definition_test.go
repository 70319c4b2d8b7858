package definition_test

import (
	"cmp"
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"cumulet/glance"
	"cumulet/glance/definition"
)

func standard(t *testing.T) []glance.Namespace {
	t.Helper()
	all, err := definition.Standard()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestStandardDefinitionsAreThoseOfUpstream(t *testing.T) {
	all := standard(t)
	count := map[glance.DefinitionKind]int{}
	named := map[string]glance.Namespace{}
	for _, n := range all {
		named[n.Name] = n
		for _, d := range n.Definitions {
			count[d.Kind]++
		}
	}
	if len(named) != 33 || count[glance.DefinedProperty] != 136 || count[glance.DefinedObject] != 23 {
		t.Errorf("there are %d namespaces, %v", len(named), count)
	}
	pinning := named["OS::Compute::CPUPinning"]
	if len(pinning.Associations) != 3 || pinning.Visibility != glance.Public || !pinning.Protected || pinning.Owner != "admin" {
		t.Errorf("%+v", pinning)
	}
	if common := named["OS::Glance::CommonImageProperties"]; common.Visibility != glance.Private || len(common.Associations) != 0 {
		t.Errorf("%+v", common)
	}
}

func TestWhatIsWrittenIsReadAgain(t *testing.T) {
	all := standard(t)
	tagged := glance.Namespace{Name: "a/b::c", Visibility: glance.Private, Owner: "admin"}
	tagged.Definitions = []glance.Definition{{Kind: glance.DefinedTag, Name: "Fast & <small>", Body: json.RawMessage("{}")}}
	folder := t.TempDir()
	if err := definition.Write(folder, all); err != nil {
		t.Fatal(err)
	}
	if err := definition.Write(folder, []glance.Namespace{tagged}); err != nil {
		t.Fatal(err)
	}
	if _, err := definition.Read(os.DirFS(folder)); err == nil || !strings.Contains(err.Error(), "a_b_c.json") {
		t.Errorf("a namespace that is a path is read: %v", err)
	}
	if err := os.Remove(folder + "/a_b_c.json"); err != nil {
		t.Fatal(err)
	}
	read, err := definition.Read(os.DirFS(folder))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(inOrder(t, read), inOrder(t, all)) {
		t.Errorf("it is\n%v\nwas\n%v", read, all)
	}
}

// inOrder orders definitions by their names, and what they say too.
func inOrder(t *testing.T, all []glance.Namespace) []glance.Namespace {
	t.Helper()
	for i := range all {
		slices.SortFunc(all[i].Definitions, func(a, b glance.Definition) int {
			return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name))
		})
		for j := range all[i].Definitions {
			var body any
			if err := json.Unmarshal(all[i].Definitions[j].Body, &body); err != nil {
				t.Fatal(err)
			}
			all[i].Definitions[j].Body, _ = json.Marshal(body)
		}
	}
	return all
}

func TestFilesThatMakeNoSenseAreRefused(t *testing.T) {
	long := strings.Repeat("x", 81)
	for _, text := range []string{
		`[]`, `{`, `{}`, `{"namespace": "a/b"}`, `{"namespace": "` + long + `"}`, `{"namespace": "n", "display_name": "` + long + `"}`,
		`{"namespace": "n", "visibility": "shared"}`, `{"namespace": "n", "properties": {"": {}}}`, `{"namespace": "n", "properties": {"p": 1}}`,
		`{"namespace": "n", "tags": [{"name": "a"}, {"name": "A"}]}`, `{"namespace": "n", "objects": [{}]}`, `{"namespace": "n", "resource_type_associations": [{}]}`,
	} {
		if all, err := definition.Read(fstest.MapFS{"n.json": {Data: []byte(text)}}); err == nil {
			t.Errorf("%s is read as %v", text, all)
		}
	}
	if all, err := definition.Read(fstest.MapFS{"README": {Data: []byte("x")}}); err != nil || len(all) != 0 {
		t.Errorf("%v %v", all, err)
	}
}
