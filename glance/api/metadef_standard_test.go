package api_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"cumulet/glance"
	"cumulet/glance/definition"
	"cumulet/glance/registry"
	"cumulet/oslo/db/dbtest"
)

// names are the namespaces that a caller finds.
func (c *cloud) names(who string) []string {
	c.t.Helper()
	list, _ := c.want(200, who, "GET "+namespaces+"?limit=1000", "", nil).json(c.t)["namespaces"].([]any)
	var names []string
	for _, n := range list {
		names = append(names, n.(map[string]any)["namespace"].(string))
	}
	slices.Sort(names)
	return names
}

func (c *cloud) loadStandard() {
	c.t.Helper()
	if err := c.registry.LoadStandard(c.t.Context(), definition.Standard); err != nil {
		c.t.Fatal(err)
	}
}

func TestANewCloudHasTheStandardDefinitions(t *testing.T) {
	c := newCloud(t)
	c.loadStandard()
	if all, seen := c.names(admin), c.names(member); len(all) != 33 || len(seen) != 31 {
		t.Errorf("an administrator finds %d, another %d", len(all), len(seen))
	}
	shown := c.want(200, member, "GET "+namespaces+"/OS::Compute::CPUPinning?resource_type=OS::Nova::Flavor", "", nil)
	for _, part := range []string{`"hw:cpu_policy":{`, `"enum":["shared","dedicated"]`, `"protected":true`, `"owner":"admin"`, `"properties_target":"image"`} {
		if !strings.Contains(shown.body, part) {
			t.Errorf("%s is not in %s", part, shown.body)
		}
	}
	if types := c.want(200, member, "GET /v2/metadefs/resource_types", "", nil); !strings.Contains(types.body, "OS::Trove::Instance") {
		t.Errorf("%s", types.body)
	}
	c.want(403, admin, "DELETE "+namespaces+"/OS::Compute::CPUPinning", "", nil)
	if events, err := c.registry.DB.Events(t.Context(), 0, 10); err != nil || len(events) > 0 {
		t.Errorf("it is told: %v %v", events, err)
	}
}

func TestTheAPITakesWhatItShowsOfTheStandardDefinitions(t *testing.T) {
	c := newCloud(t)
	c.loadStandard()
	for _, name := range c.names(admin) {
		v := c.want(200, admin, "GET "+namespaces+"/"+name, "", nil).json(t)
		for _, own := range []string{"self", "schema", "created_at", "updated_at"} {
			delete(v, own)
		}
		for _, list := range []string{"objects", "resource_type_associations"} {
			held, _ := v[list].([]any)
			for _, one := range held {
				for _, own := range []string{"self", "schema", "created_at", "updated_at"} {
					delete(one.(map[string]any), own)
				}
			}
		}
		v["namespace"] = "Copy of " + name
		body, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		c.want(201, admin, "POST "+namespaces, jsonType, string(body))
	}
}

func TestStandardDefinitionsAreLoadedOnce(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t)
	c, beside := cloudOn(t, url), cloudOn(t, url)
	lost := errors.New("killed")
	if err := c.registry.LoadStandard(t.Context(), func() ([]glance.Namespace, error) { return nil, lost }); !errors.Is(err, lost) {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for _, r := range []*registry.Registry{c.registry, beside.registry, c.registry, beside.registry} {
		wait.Go(func() {
			if err := r.LoadStandard(t.Context(), definition.Standard); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if n := len(c.names(admin)); n != 33 {
		t.Fatalf("there are %d", n)
	}
	c.want(204, admin, "DELETE "+namespaces+"/OS::Glance::Signatures", "", nil)
	c.loadStandard()
	if n := len(c.names(admin)); n != 32 {
		t.Errorf("what an operator deleted is there again: %d", n)
	}
	if n, err := c.registry.UnloadDefinitions(t.Context()); n != 32 || err != nil {
		t.Errorf("%d %v", n, err)
	}
	c.loadStandard()
	if found := c.names(admin); len(found) > 0 {
		t.Errorf("what an operator unloaded is there again: %v", found)
	}
}

func TestAnOlderCloudKeepsItsOwnDefinitions(t *testing.T) {
	c := newCloud(t)
	c.want(201, admin, "POST "+namespaces, jsonType, `{"namespace": "mine"}`)
	c.loadStandard()
	c.want(204, admin, "DELETE "+namespaces+"/mine", "", nil)
	c.loadStandard()
	if found := c.names(admin); len(found) > 0 {
		t.Errorf("there are %v", found)
	}
}

func TestAnOperatorLoadsDefinitions(t *testing.T) {
	c := newCloud(t)
	says := func(text string) glance.Namespace {
		return glance.Namespace{
			Name: "n", Description: &text, Visibility: glance.Public, Owner: "admin",
			Associations: []glance.Association{{Name: "OS::Glance::Image", Prefix: &text}},
			Definitions: []glance.Definition{
				{Kind: glance.DefinedProperty, Name: "p", Body: []byte(`{"title":"` + text + `","type":"string"}`)},
				{Kind: glance.DefinedTag, Name: text, Body: []byte("{}")},
			},
		}
	}
	for _, step := range []struct {
		text   string
		merge  registry.Merge
		loaded int
		want   []string // of what it says, its property, its prefix; its tags
		tags   int
	}{
		{"a", registry.Keep, 1, []string{"a", "a", "a"}, 1},
		{"b", registry.Keep, 0, []string{"a", "a", "a"}, 1},
		{"c", registry.Complete, 1, []string{"a", "a", "a"}, 2},
		{"d", registry.PreferNew, 1, []string{"d", "d", "d"}, 3},
		{"e", registry.Overwrite, 1, []string{"e", "e", "e"}, 1},
	} {
		loaded, err := c.registry.LoadDefinitions(t.Context(), []glance.Namespace{says(step.text)}, step.merge)
		if err != nil || len(loaded) != step.loaded {
			t.Fatalf("%s: %v %v", step.text, loaded, err)
		}
		v := c.want(200, member, "GET "+namespaces+"/n", "", nil).json(t)
		property := v["properties"].(map[string]any)["p"].(map[string]any)
		associated := v["resource_type_associations"].([]any)[0].(map[string]any)
		got := []string{v["description"].(string), property["title"].(string), associated["prefix"].(string)}
		if !slices.Equal(got, step.want) || len(v["tags"].([]any)) != step.tags {
			t.Errorf("after %s it is %v", step.text, v)
		}
	}
	all, err := c.registry.Catalog(t.Context())
	if err != nil || len(all) != 1 || len(all[0].Definitions) != 2 || len(all[0].Associations) != 1 {
		t.Errorf("%+v %v", all, err)
	}
}
