package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"cumulet/keystone"
	"cumulet/keystone/limit"
)

func strict(k *keystone.Config) { k.EnforcementModel = keystone.StrictTwoLevel }

func TestModelIsShownToAnyone(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]struct {
		config      func(*keystone.Config)
		description string
	}{
		"flat":             {func(*keystone.Config) {}, "Limit enforcement and validation does not take project hierarchy into consideration."},
		"strict_two_level": {strict, "This model requires project hierarchy never exceeds a depth of two"},
	} {
		c := newCloud(t, s.config)
		c.member("eve")
		eve := c.signIn("eve", "eve", nil)
		a := c.ask("GET", "/v3/limits/model", eve, nil)
		want := fmt.Sprint(object{"model": object{"name": name, "description": s.description}})
		if a.status != 200 || fmt.Sprint(a.body) != want {
			t.Errorf("%d %v, want %s", a.status, a.body, want)
		}
		if a := c.ask("HEAD", "/v3/limits/model", eve, nil); a.status != 200 || a.text != "" {
			t.Errorf("HEAD answers %d %s", a.status, a.text)
		}
		if a := c.ask("HEAD", "/v3/limits/model", "", nil); a.status != 401 {
			t.Errorf("HEAD without a token answers %d", a.status)
		}
	}
}

func TestModelsThatAreNoneAreRefused(t *testing.T) {
	t.Parallel()
	config := keystone.DefaultConfig()
	if err := config.Check(); err != nil {
		t.Error(err)
	}
	config.EnforcementModel = "loose"
	if err := config.Check(); err == nil || !strings.Contains(err.Error(), "enforcement_model") {
		t.Errorf("loose is refused with %v", err)
	}
}

// tree is a domain with two projects, one of which has a project below it, and another domain with one.
type tree struct{ domain, b, c, below, other, d string }

func (c *cloud) tree() tree {
	c.Helper()
	var t tree
	t.domain, _ = c.domain("first", "ann")
	t.other, _ = c.domain("second", "bob")
	t.b, t.c, t.d = c.project("b", t.domain), c.project("c", t.domain), c.project("d", t.other)
	t.below = word(c.must(201, "POST", "/v3/projects", object{"project": object{"name": "below", "parent_id": t.b}}), "project", "id")
	return t
}

// TestStrictTwoLevel makes limits one request after another; 10 are registered.
func TestStrictTwoLevel(t *testing.T) {
	t.Parallel()
	c := newCloud(t, strict)
	nodes := c.tree()
	ids := map[string]string{"A": nodes.domain, "B": nodes.b, "C": nodes.c, "below": nodes.below, "D": nodes.other, "E": nodes.d}
	type amounts = []any // an owner and an amount, and so on
	resource := 0
	for claim, s := range map[string]struct {
		there, then amounts
		status      int
		refused     string // whose limit the refusal names
	}{
		"below what is registered":            {nil, amounts{"B", 10}, 201, ""},
		"above what is registered":            {nil, amounts{"B", 11}, 403, "B"},
		"above it, below the domain's":        {amounts{"A", 20}, amounts{"B", 18}, 201, ""},
		"above the domain's":                  {amounts{"A", 20, "B", 15}, amounts{"C", 21}, 403, "C"},
		"a domain above its projects":         {amounts{"B", 5}, amounts{"A", 5}, 201, ""},
		"a domain below a project":            {amounts{"B", 5, "C", 7}, amounts{"A", 6}, 403, "A"},
		"a domain beside another's projects":  {amounts{"E", 9}, amounts{"A", 6}, 201, ""},
		"a domain below one further down":     {amounts{"below", 7}, amounts{"A", 6}, 403, "A"},
		"one further down":                    {amounts{"A", 20}, amounts{"below", 18}, 201, ""},
		"one further down above the domain's": {amounts{"A", 20}, amounts{"below", 21}, 403, "below"},
		"both levels at once":                 {nil, amounts{"A", 12, "B", 9, "C", 12, "D", 9, "E", 9}, 201, ""},
		"both, the lower first":               {nil, amounts{"B", 12, "A", 12}, 201, ""},
		"both, and one too high":              {nil, amounts{"A", 12, "B", 9, "C", 5, "D", 9, "E", 10}, 403, "E"},
		"both, and one there too high":        {amounts{"E", 5}, amounts{"C", 5, "D", 4}, 403, "D"},
		"nothing for the domain":              {amounts{"A", 0}, amounts{"B", 1}, 403, "B"},
		"nothing for both":                    {amounts{"A", 0}, amounts{"B", 0}, 201, ""},
		"as it stands: -1 is below":           {amounts{"A", 5}, amounts{"B", -1}, 201, ""},
		"as it stands: above -1":              {amounts{"A", -1}, amounts{"B", 5}, 403, "B"},
	} {
		resource++
		name := fmt.Sprint("things", resource)
		c.register(name, 10)
		body := func(of amounts) object {
			limits := []object{}
			for i := 0; i < len(of); i += 2 {
				owner := "project_id"
				if of[i] == "A" || of[i] == "D" {
					owner = "domain_id"
				}
				limits = append(limits, c.given(owner, ids[of[i].(string)], name, of[i+1].(int)))
			}
			return object{"limits": limits}
		}
		if s.there != nil {
			c.must(201, "POST", "/v3/limits", body(s.there))
		}
		a := c.ask("POST", "/v3/limits", c.admin, body(s.then))
		if a.status != s.status {
			t.Errorf("%s: %d %s", claim, a.status, a.text)
		}
		if s.refused != "" && !strings.Contains(a.text, "_id: "+ids[s.refused]+", resource_name: "+name+",") {
			t.Errorf("%s: %s", claim, a.text)
		}
	}
}

func TestStrictTwoLevelTellsWhichLimit(t *testing.T) {
	t.Parallel()
	c := newCloud(t, strict)
	c.register("cores", 10)
	_, projectID := c.member("eve")
	refused := c.must(403, "POST", "/v3/limits", object{"limits": []object{c.given("project_id", projectID, "cores", 11)}})
	want := "Invalid resource limit: The resource limit (project_id: " + projectID + ", resource_name: cores, resource_limit: 11, " +
		"service_id: " + c.nova() + ", region_id: None) doesn't satisfy current hierarchy model.."
	if got := word(refused, "error", "message"); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestStrictTwoLevelHoldsForChanges(t *testing.T) {
	t.Parallel()
	c := newCloud(t, strict)
	nodes := c.tree()
	c.register("cores", 10)
	of := map[string]string{
		"A": c.limit("domain_id", nodes.domain, "cores", 20), "B": c.limit("project_id", nodes.b, "cores", 15),
		"E": c.limit("project_id", nodes.d, "cores", 5),
	}
	for _, s := range []struct {
		limit  string
		to     int
		status int
	}{
		{"B", 20, 200}, {"B", 21, 403}, {"A", 19, 403}, {"A", 25, 200}, {"B", 25, 200}, {"B", 3, 200}, {"A", 2, 403}, {"A", 3, 200},
		{"E", 10, 200}, {"E", 11, 403},
	} {
		a := c.ask("PATCH", "/v3/limits/"+of[s.limit], c.admin, object{"limit": object{"resource_limit": s.to}})
		if a.status != s.status {
			t.Errorf("%s to %d: %d %s", s.limit, s.to, a.status, a.text)
		}
	}
	if got := fmt.Sprint(at(c.must(200, "GET", "/v3/limits/"+of["A"], nil), "limit", "resource_limit")); got != "3" {
		t.Errorf("in the end the domain has %s", got)
	}
}

func TestFlatBindsNothing(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	nodes := c.tree()
	c.register("cores", 10)
	c.limit("domain_id", nodes.domain, "cores", 1)
	c.limit("project_id", nodes.b, "cores", 1000)
	deeper := object{"project": object{"name": "deeper", "parent_id": nodes.below}}
	c.must(201, "POST", "/v3/projects", deeper)
}

// TestStrictTwoLevelHoldsAtOnce: of two changes that each fit what is and together do not, one is refused, whichever it is. Many pairs
// crowd before the database, so that one's check comes between another's check and its write wherever these are not one.
func TestStrictTwoLevelHoldsAtOnce(t *testing.T) {
	t.Parallel()
	c := newCloud(t, strict)
	c.register("cores", 10)
	to := func(amount int) object { return object{"limit": object{"resource_limit": amount}} }
	type pair struct {
		domain, project string
		lower, higher   answer
	}
	pairs := make([]pair, 8)
	for i := range pairs {
		name := fmt.Sprint("d", i)
		domainID, _ := c.domain(name, name)
		pairs[i].domain = "/v3/limits/" + c.limit("domain_id", domainID, "cores", 10)
		pairs[i].project = "/v3/limits/" + c.limit("project_id", c.project("p", domainID), "cores", 3)
	}
	for range 5 {
		var all sync.WaitGroup
		for i := range pairs {
			p := &pairs[i]
			all.Go(func() { p.lower = c.ask("PATCH", p.domain, c.admin, to(5)) })
			all.Go(func() { p.higher = c.ask("PATCH", p.project, c.admin, to(8)) })
		}
		all.Wait()
		for _, p := range pairs {
			if p.lower.status+p.higher.status != http.StatusOK+http.StatusForbidden {
				t.Fatalf("the domain's is lowered with %d %s, the project's raised with %d %s",
					p.lower.status, p.lower.text, p.higher.status, p.higher.text)
			}
			c.must(200, "PATCH", p.project, to(3))
			c.must(200, "PATCH", p.domain, to(10))
		}
	}
}

func TestStrictTwoLevelBoundsTheDepthOfProjects(t *testing.T) {
	t.Parallel()
	c := newCloud(t, strict)
	nodes := c.tree()
	refused := c.must(403, "POST", "/v3/projects", object{"project": object{"name": "deeper", "parent_id": nodes.below}})
	if got := word(refused, "error", "message"); got != "Max hierarchy depth reached for "+nodes.below+" branch." {
		t.Errorf("it is refused with %s", got)
	}
	if err := c.Limit.Check(t.Context()); err != nil {
		t.Errorf("what it lets be made keeps keystone from starting: %v", err)
	}
}

// TestStrictTwoLevelStartsOnlyWhereProjectsAreFlat: after another model deeper projects may be there.
func TestStrictTwoLevelStartsOnlyWhereProjectsAreFlat(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	nodes := c.tree()
	config := keystone.DefaultConfig()
	strict(&config)
	m := &limit.Manager{DB: c.DB, Config: config}
	if err := m.Check(t.Context()); err != nil {
		t.Errorf("two levels below a domain: %v", err)
	}
	deeper := word(c.must(201, "POST", "/v3/projects", object{"project": object{"name": "deeper", "parent_id": nodes.below}}), "project", "id")
	if err := m.Check(t.Context()); err == nil || !strings.Contains(err.Error(), deeper) {
		t.Errorf("three levels below a domain: %v", err)
	}
	if err := c.Limit.Check(t.Context()); err != nil {
		t.Errorf("the flat model minds: %v", err)
	}
}

// TestProjectsNestAsDeepAsConfigured: the domain does not count.
func TestProjectsNestAsDeepAsConfigured(t *testing.T) {
	t.Parallel()
	c := newCloud(t, func(k *keystone.Config) { k.MaxProjectTreeDepth = 3 })
	nodes := c.tree()
	deeper := word(c.must(201, "POST", "/v3/projects", object{"project": object{"name": "deeper", "parent_id": nodes.below}}), "project", "id")
	c.must(403, "POST", "/v3/projects", object{"project": object{"name": "deepest", "parent_id": deeper}})
}
