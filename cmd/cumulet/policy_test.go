package main

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cumulet/oslo/policy"
)

func TestPolicyExplainTellsByTheOperatorsFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "policy.yaml")
	if err := os.WriteFile(file, []byte("os_compute_api:servers:create: role:builder and project_id:%(project_id)s\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	config := Config{PolicyFiles: map[string]string{"nova": file}}
	e := explainCommand{Rule: "os_compute_api:servers:create", Target: []string{"project_id=p"}}
	rules, err := e.rules(config)
	if err != nil {
		t.Fatal(err)
	}
	target, err := e.target()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	who := policy.Who{UserID: "u", UserName: "eve", ProjectID: "p", ProjectName: "hers", Roles: []string{"reader", "member"}}
	if err := e.print(&out, rules, who, target); err != nil {
		t.Fatal(err)
	}
	want := `os_compute_api:servers:create is refused to eve (u) in project hers (p), with the roles member, reader

no   rule:os_compute_api:servers:create
no     all of
no       role:builder                    the caller's roles are [reader member]
yes      project_id:%(project_id)s       "p" is compared with "p"
`
	if out.String() != want {
		t.Errorf("printed\n%q\nwant\n%q", out.String(), want)
	}
}

func TestPolicyExplainRefusesWhatItCannotAsk(t *testing.T) {
	t.Parallel()
	if _, err := (explainCommand{Target: []string{"project_id"}}).target(); err == nil || !strings.Contains(err.Error(), "attribute=value") {
		t.Errorf("%v", err)
	}
	for rule, want := range map[string]string{"none": "describe rules", "admin_required": ""} {
		_, err := explainCommand{Rule: rule}.rules(Config{})
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", rule, err)
		}
	}
}

func TestAServiceFollowsItsPolicyFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "policy.yaml")
	if err := os.WriteFile(file, []byte("get: role:before\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := &process{config: Config{PolicyFiles: map[string]string{"nova": file}}, log: slog.New(slog.DiscardHandler)}
	table := []policy.Rule{{Name: "get", Check: "@"}}
	nova, err := p.policy("nova", table)
	if err != nil || len(p.open) != 1 {
		t.Fatal(err, p.open)
	}
	defer func() {
		if err := p.open[0].Close(); err != nil {
			t.Error(err)
		}
	}()
	other, err := p.policy("neutron", table)
	if err != nil || !other.Check("get", policy.Who{}, nil).Allowed {
		t.Errorf("the file is another service's too: %v", err)
	}
	after := policy.Who{Roles: []string{"after"}}
	if nova.Check("get", after, nil).Allowed {
		t.Error("the file does not hold")
	}
	if err := os.WriteFile(file, []byte("get: role:after\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(10 * time.Second); !nova.Check("get", after, nil).Allowed; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("a change is not followed")
		}
	}
}
