package mapping

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"cumulet/oslo/fault"
)

// rules reads rules as a body has them.
func rules(t testing.TB, text string) []Rule {
	t.Helper()
	var raw []any
	if err := json.Unmarshal([]byte(text), &raw); err != nil {
		t.Fatal(err)
	}
	parsed, err := Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// The cases are those of https://docs.openstack.org/keystone/latest/admin/federation/mapping_combinations.html, in our words.
func TestRulesSayWhoSomebodyIs(t *testing.T) {
	corp := Domain{Name: "corp"}
	said := map[string][]string{"name": {"Ann"}, "last": {"Lee"}, "mail": {"ann@example.org"}, "groups": {"dev", "ops", "root"}, "kind": {"staff"}}
	for name, c := range map[string]struct {
		rules string
		want  Mapped
	}{
		"several in one": {
			`[{"local": [{"user": {"name": "{0} {1}", "email": "{2}"}}, {"group": {"id": "g"}}], "remote": [{"type": "name"}, {"type": "last"}, {"type": "mail"}]}]`,
			Mapped{User: User{Name: "Ann Lee", Email: "ann@example.org"}, GroupIDs: []string{"g"}},
		},
		"a condition maps nothing": {
			`[{"local": [{"user": {"name": "{0}"}}], "remote": [{"type": "kind", "any_one_of": ["staff", 7]}, {"type": "name"}]}]`,
			Mapped{User: User{Name: "Ann"}},
		},
		"a rule whose condition is not met": {
			`[{"local": [{"group": {"id": "a"}}], "remote": [{"type": "kind", "not_any_of": ["staff"]}]},
			  {"local": [{"group": {"id": "b"}}], "remote": [{"type": "kind", "any_one_of": ["guest"]}]},
			  {"local": [{"group": {"id": "c"}}], "remote": [{"type": "nothing"}]},
			  {"local": [{"user": {"name": "x"}}], "remote": [{"type": "kind", "not_any_of": ["guest"]}]}]`,
			Mapped{User: User{Name: "x"}},
		},
		"the first user counts, and all groups": {
			`[{"local": [{"user": {"name": "{0}"}, "group": {"name": "g", "domain": {"name": "corp"}}}], "remote": [{"type": "name"}]},
			  {"local": [{"user": {"name": "other"}}, {"group": {"name": "g", "domain": {"name": "corp"}}}, {"group": {"id": "i"}}], "remote": [{"type": "last"}]}]`,
			Mapped{User: User{Name: "Ann"}, GroupIDs: []string{"i"}, Groups: []Group{{"g", corp}}},
		},
		"a list, black": {
			`[{"local": [{"user": {"name": "x"}}, {"groups": "{0}", "domain": {"name": "corp"}}], "remote": [{"type": "groups", "blacklist": ["root"]}]}]`,
			Mapped{User: User{Name: "x"}, Groups: []Group{{"dev", corp}, {"ops", corp}}},
		},
		"a list, white": {
			`[{"local": [{"user": {"name": "x"}}, {"groups": "{0}", "domain": {"id": "d"}}], "remote": [{"type": "groups", "whitelist": ["dev", "none"]}]}]`,
			Mapped{User: User{Name: "x"}, Groups: []Group{{"dev", Domain{ID: "d"}}}},
		},
		"a list, white, of nothing": {
			`[{"local": [{"user": {"name": "x"}}, {"groups": "{0}", "domain": {"id": "d"}}], "remote": [{"type": "groups", "whitelist": ["none"]}]}]`,
			Mapped{User: User{Name: "x"}},
		},
		"ids": {
			`[{"local": [{"user": {"id": "{0}"}}, {"group_ids": "{1}"}], "remote": [{"type": "name"}, {"type": "groups", "blacklist": ["^r"], "regex": true}]}]`,
			Mapped{User: User{ID: "Ann"}, GroupIDs: []string{"dev", "ops"}},
		},
		"ids that the rule itself lists": {
			`[{"local": [{"user": {"name": "x"}, "group_ids": "['a', \"b\"]"}], "remote": [{"type": "kind", "any_one_of": ["^st"], "regex": true}]}]`,
			Mapped{User: User{Name: "x"}, GroupIDs: []string{"a", "b"}},
		},
		"projects": {
			`[{"local": [{"user": {"name": "{0}"}}, {"projects": [{"name": "of {0}", "roles": [{"name": "member"}, {"name": "{1}"}]}]}], "remote": [{"type": "name"}, {"type": "kind"}]}]`,
			Mapped{User: User{Name: "Ann"}, Projects: []Project{{"of Ann", []string{"member", "staff"}}}},
		},
		"a local user": {
			`[{"local": [{"user": {"name": "{0}", "type": "local", "domain": {"id": "d"}}}], "remote": [{"type": "name"}]}]`,
			Mapped{User: User{Name: "Ann", Local: true, Domain: Domain{ID: "d"}}},
		},
		"braces": {
			`[{"local": [{"user": {"name": "{{{0}}} {}"}}], "remote": [{"type": "name"}, {"type": "last"}]}]`,
			Mapped{User: User{Name: "{Ann} Lee"}},
		},
		"what looks ahead": {
			`[{"local": [{"user": {"name": "{0}"}}], "remote": [{"type": "name"}, {"type": "groups", "any_one_of": ["^d(?!x)"], "regex": true}]}]`,
			Mapped{User: User{Name: "Ann"}},
		},
	} {
		got, err := Apply("m", rules(t, c.rules), said)
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, %v; want %+v", name, got, err, c.want)
		}
	}
}

func TestGroupsOfAnotherKeystone(t *testing.T) {
	r := rules(t, `[{"local": [{"user": {"name": "x"}}, {"groups": "{0}"}], "remote": [{"type": "openstack_groups"}]}]`)
	got, err := Apply("m", r, map[string][]string{"openstack_groups": {`JSON:{"name": "g", "domain": {"name": "Default"}}`}})
	if want := []Group{{"g", Domain{Name: "Default"}}}; err != nil || !reflect.DeepEqual(got.Groups, want) {
		t.Errorf("%+v, %v", got, err)
	}
	for _, bad := range []string{"g", "JSON:{", "JSON:{}", `JSON:{"name": "g"}`} {
		if _, err := Apply("m", r, map[string][]string{"openstack_groups": {bad}}); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestWhatFitsNobodyIsRefused(t *testing.T) {
	r := rules(t, `[{"local": [{"user": {"name": "{1}"}}], "remote": [{"type": "name"}]}]`)
	if _, err := Apply("m", r, map[string][]string{"name": {"x"}}); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "mapping m") {
		t.Error(err)
	}
	for _, said := range []map[string][]string{{}, {"name": nil}, {"other": {"x"}}, {"name": {strings.Repeat("x", mostBytes)}}} {
		if _, err := Apply("m", r, said); !fault.Is(err, fault.Invalid) {
			t.Errorf("%d: %v", len(said), err)
		}
	}
}

// An expression that takes for ever on some texts is given up, and found nothing.
func TestExpressionsThatExplodeAreGivenUp(t *testing.T) {
	text := strings.Repeat("a", 64) + "!"
	for _, e := range []string{`^(a+)+$`, `^(a|a)*$(?!x)`, `^(?=(a+)+$)`} {
		compiled, err := compile(e)
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if compiled.finds(text) {
			t.Errorf("%s is found", e)
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("%s took %s", e, took)
		}
	}
}

func FuzzMapping(f *testing.F) {
	f.Add(`[{"local": [{"user": {"name": "{0}"}}, {"groups": "{1}", "domain": {"name": "d"}}], "remote": [{"type": "a"}, {"type": "b", "blacklist": ["x"], "regex": true}]}]`, "ann", "['x']")
	f.Add(`[{"local": [{"group_ids": "['a', 'b"}, {"projects": [{"name": "{}{}", "roles": [{"name": "}"}]}]}], "remote": [{"type": "a", "any_one_of": ["("], "regex": true}]}]`, "", "JSON:{}")
	f.Fuzz(func(t *testing.T, text, a, b string) {
		var raw []any
		if json.Unmarshal([]byte(text), &raw) != nil {
			return
		}
		parsed, err := Parse(raw)
		if err != nil {
			return
		}
		got, err := Apply("m", parsed, map[string][]string{"a": {a}, "b": {b, a}})
		if err != nil {
			return
		}
		if n := len(got.Groups) + len(got.GroupIDs); n > 2*mostGroups {
			t.Fatalf("%d groups", n)
		}
	})
}
