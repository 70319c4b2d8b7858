package policy

import (
	"os"
	"path/filepath"
	"testing"
)

// FuzzRule holds that no rule makes the parser or its checks panic, and that what parses keeps to logic.
func FuzzRule(f *testing.F) {
	for _, rule := range []string{
		"role:a and (rule:b or not @)", "'x':%(a.b)s", "!", "", "@", "project_id:%(project_id)s", "True:%(shared)s", "role:%(target.role.name)s",
		"not not role:a", "((role:a))", "rule:", ":", "role:a or", "not", "( )", "%()s:%()s", "None:%(a)s", "is_admin:True or role:A",
		"\"x\":%(a)s", "user_id:%(user.id)s and not project_id:%(project_id)s or @",
	} {
		f.Add(rule, "a", "p")
	}
	f.Fuzz(func(t *testing.T, rule, role, project string) {
		c, err := parse(rule)
		if err != nil {
			return
		}
		e := evaluation{
			rules: map[string]check{"b": roleCheck("b"), "self": ruleCheck("self")},
			who:   Who{UserID: "u", ProjectID: project, Roles: []string{role}},
			target: Target{"a": role, "project_id": project, "shared": true, "null": nil,
				"a.b": 1, "user": map[string]any{"id": "u"}, "target": Target{"role": Target{"name": role}}},
		}
		holds := c.fails(e) == ""
		for around, want := range map[string]bool{
			"( " + rule + " )": holds, "not ( " + rule + " )": !holds, "@ or ( " + rule + " )": true, "( " + rule + " ) or @": true,
			"! and ( " + rule + " )": false, "( " + rule + " ) and !": false, "( " + rule + " ) and ( " + rule + " )": holds,
		} {
			c, err := parse(around)
			if err != nil {
				continue // "" stands alone only, and what is at the bounds is now beyond
			}
			if got := c.fails(e) == ""; got != want {
				t.Errorf("%q holds: %t, and %q: %t", rule, holds, around, got)
			}
		}
	})
}

// FuzzFile holds that no operator's file makes the reader panic or endless, that one which is refused changes nothing, and
// that one which is taken answers for all its rules.
func FuzzFile(f *testing.F) {
	for _, text := range []string{
		"get: role:boss\n", "a: rule:b\nb: rule:a\n", "a: &x role:a\nb: *x\n", "get: [role:a]\n", "get: ''\n\"x:y\": '@'\n", "- a\n", "{}", "a: 1\n", "? a\n",
		"a: rule:b and rule:b\nb: rule:c or rule:c\nc: rule:d and rule:d\nd: '!'\n", "get: !!binary eA==\n", "<<: {get: '@'}\n", "get: |\n  role:a\n  or role:b\n",
	} {
		f.Add([]byte(text))
	}
	e, err := New([]Rule{{Name: "get", Check: "rule:admin"}, {Name: "admin", Check: "role:admin"}})
	if err != nil {
		f.Fatal(err)
	}
	file := filepath.Join(f.TempDir(), "policy.yaml")
	admin := Who{Roles: []string{"admin"}}
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		loaded, err := e.Load(file)
		if !e.Check("get", admin, nil).Allowed || e.Check("get", Who{}, nil).Allowed || len(e.Rules()) != 2 {
			t.Fatal("a file changes the defaults")
		}
		if err != nil {
			return
		}
		for _, r := range loaded.Rules() {
			if !loaded.Has(r.Name) {
				t.Errorf("%q is listed and is not there", r.Name)
			}
			if d := loaded.Check(r.Name, admin, Target{"project_id": "p"}); !d.Allowed && d.Why == "" {
				t.Errorf("%q refuses and does not say why", r.Name)
			}
		}
	})
}
