package policy

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

func TestRules(t *testing.T) {
	e, err := New([]Rule{
		{Name: "admin", Check: "role:admin"},
		{Name: "owner", Check: "project_id:%(project_id)s"},
		{Name: "admin_or_owner", Check: "rule:admin or rule:owner"},
		{Name: "reader", Check: "role:reader and (system_scope:all or rule:owner)"},
		{Name: "not_admin", Check: "not rule:admin"},
		{Name: "anyone", Check: ""},
		{Name: "noone", Check: "!"},
		{Name: "public", Check: "'public':%(visibility)s"},
		{Name: "shared", Check: "True:%(shared)s"},
		{Name: "nested", Check: "'x':%(target.role.name)s"},
		{Name: "case", Check: "role:ADMIN"},
		{Name: "precedence", Check: "role:nobody and role:nobody or @"},
	})
	if err != nil {
		t.Fatal(err)
	}
	admin := Who{ProjectID: "a", Roles: []string{"admin"}}
	reader := Who{ProjectID: "p", Roles: []string{"reader"}}
	system := Who{SystemScope: "all", Roles: []string{"reader"}}
	for _, c := range []struct {
		rule   string
		who    Who
		target Target
		want   bool
	}{
		{"admin_or_owner", admin, Target{"project_id": "p"}, true},
		{"admin_or_owner", reader, Target{"project_id": "p"}, true},
		{"admin_or_owner", reader, Target{"project_id": "q"}, false},
		{"admin_or_owner", reader, Target{}, false},
		{"owner", Who{}, Target{"project_id": nil}, false},
		{"reader", reader, Target{"project_id": "p"}, true},
		{"reader", system, Target{"project_id": "q"}, true},
		{"reader", admin, Target{"project_id": "a"}, false},
		{"not_admin", admin, nil, false},
		{"not_admin", reader, nil, true},
		{"anyone", Who{}, nil, true},
		{"noone", admin, nil, false},
		{"public", reader, Target{"visibility": "public"}, true},
		{"public", reader, Target{"visibility": "private"}, false},
		{"shared", reader, Target{"shared": true}, true},
		{"shared", reader, Target{"shared": false}, false},
		{"nested", reader, Target{"target": Target{"role": map[string]any{"name": "x"}}}, true},
		{"case", admin, nil, true},
		{"precedence", reader, nil, true},
		{"unknown", admin, nil, false},
	} {
		if d := e.Check(c.rule, c.who, c.target); d.Allowed != c.want {
			t.Errorf("%s for %v on %v: allowed %v (%s), want %v", c.rule, c.who.Roles, c.target, d.Allowed, d.Why, c.want)
		}
	}
}

func TestRefusalSaysWhy(t *testing.T) {
	e, err := New([]Rule{{Name: "r", Check: "role:member and project_id:%(project_id)s"}})
	if err != nil {
		t.Fatal(err)
	}
	if d := e.Check("r", Who{}, nil); !strings.Contains(d.Why, `role "member" is missing`) {
		t.Errorf("why = %q", d.Why)
	}
}

func TestBadRulesAreRefused(t *testing.T) {
	for _, bad := range []string{"role", "(role:a", "role:a)", "role:a and", "and", "not", "http://x/y", "rule:missing", "role:a role:b", strings.Repeat("(", 100) + "@", strings.Repeat("not ", 100) + "@"} {
		if _, err := New([]Rule{{Name: "r", Check: bad}}); err == nil {
			t.Errorf("rule %.20q was taken", bad)
		}
	}
	if _, err := New([]Rule{{Name: "a", Check: "rule:b"}, {Name: "b", Check: "rule:a"}}); err == nil {
		t.Error("a circle was taken")
	}
}

func TestOperatorsFileIsLaidOver(t *testing.T) {
	e, err := New([]Rule{{Name: "admin", Check: "role:admin"}, {Name: "get", Check: "rule:admin"}})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "policy.yaml")
	write := func(s string) {
		if err := os.WriteFile(file, []byte(s), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("boss: role:boss\nadmin: role:admin or rule:boss\n")
	over, err := e.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	boss := Who{Roles: []string{"boss"}}
	if !over.Check("get", boss, nil).Allowed || e.Check("get", boss, nil).Allowed {
		t.Error("the file must hold for the loaded enforcer only")
	}
	write("get: role:admin\nadmin: role:admin and\n")
	if _, err := e.Load(file); err == nil || !strings.Contains(err.Error(), ":2:") {
		t.Errorf("a bad rule must be named with its line: %v", err)
	}
}

// TestRulesThatAQuestionWouldNotEndWithAreRefused holds that a file in which each rule names the next twice is refused, and so is
// one whose depth would be taken for a circle, which "not" would turn into leave.
func TestRulesThatAQuestionWouldNotEndWithAreRefused(t *testing.T) {
	chain := func(length int, check string) []Rule {
		rules := []Rule{{Name: "0", Check: "!"}}
		for n := 1; n <= length; n++ {
			rules = append(rules, Rule{Name: strconv.Itoa(n), Check: strings.ReplaceAll(check, "#", "rule:"+strconv.Itoa(n-1))})
		}
		return rules
	}
	for name, rules := range map[string][]Rule{"wide": chain(25, "# or #"), "deep": chain(maxDepth+2, "#"), "deep and turned": append(chain(maxDepth, "#"), Rule{Name: "turned", Check: "not rule:32"})} {
		if _, err := New(rules); err == nil || !strings.Contains(err.Error(), "too large") {
			t.Errorf("%s: %v", name, err)
		}
	}
	rules := chain(maxDepth-1, "#")
	e, err := New(append(rules, Rule{Name: "turned", Check: "not rule:" + rules[len(rules)-2].Name}))
	if err != nil {
		t.Fatal(err)
	}
	if !e.Check("turned", Who{}, nil).Allowed || e.Check(rules[len(rules)-1].Name, Who{}, nil).Allowed {
		t.Error("the deepest rules that are taken are not what they say")
	}
}
