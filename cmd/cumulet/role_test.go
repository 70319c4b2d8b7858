package main

import (
	"strings"
	"testing"
)

func TestRolesHaveOneNameEach(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, r := range roles() {
		if seen[r.name] || r.name == "" || r.build == nil {
			t.Errorf("role %q is there twice, or is none", r.name)
		}
		seen[r.name] = true
	}
}

func TestChosenRolesStartInTheTablesOrder(t *testing.T) {
	t.Parallel()
	got, err := chosen([]string{"placement-api", "keystone", "keystone"}, "memory")
	if err != nil || len(got) != 2 || got[0].name != "keystone" || got[1].name != "placement-api" {
		t.Errorf("chosen are %v (%v)", got, err)
	}
	_, err = chosen([]string{"keystone", "nova-computer"}, "memory")
	if err == nil || !strings.Contains(err.Error(), `"nova-computer"`) || !strings.Contains(err.Error(), "nova-compute,") && !strings.HasSuffix(err.Error(), "nova-compute") {
		t.Errorf("an unknown role: %v", err)
	}
}

func TestRolesThatNeedEachOtherOverTheBusGoTogether(t *testing.T) {
	t.Parallel()
	if _, err := chosen([]string{"nova-compute"}, "memory"); err == nil || !strings.Contains(err.Error(), "name nova-conductor as well") {
		t.Errorf("nova-compute alone: %v", err)
	}
	if _, err := chosen([]string{"nova-compute", "nova-conductor", "nova-scheduler"}, "memory"); err != nil {
		t.Error(err)
	}
	for _, r := range roles() {
		if _, err := chosen([]string{r.calls}, "memory"); r.calls != "" && err != nil && strings.Contains(err.Error(), "no role") {
			t.Errorf("%s calls %q, which is no role", r.name, r.calls)
		}
	}
}
