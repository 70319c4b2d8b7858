package nova_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"cumulet/nova"
	"cumulet/oslo/fault"
)

func TestStatusIsUpstreams(t *testing.T) {
	for _, c := range []struct {
		vm   nova.VMState
		task nova.TaskState
		want string
	}{
		{nova.Active, nova.NoTask, "ACTIVE"},
		{nova.Active, nova.Rebooting, "REBOOT"},
		{nova.Active, nova.RebootStartedHard, "HARD_REBOOT"},
		{nova.Active, nova.PoweringOff, "ACTIVE"},
		{nova.Building, nova.Spawning, "BUILD"},
		{nova.Stopped, nova.NoTask, "SHUTOFF"},
		{nova.ErrorState, nova.Deleting, "ERROR"},
		{"nonsense", nova.NoTask, "UNKNOWN"},
	} {
		if got := nova.Status(c.vm, c.task); got != c.want {
			t.Errorf("%s %q is %s, want %s", c.vm, c.task, got, c.want)
		}
	}
}

func TestTransitionsAreRefusedInOtherStates(t *testing.T) {
	now := time.Now()
	for _, c := range []struct {
		t    nova.Transition
		s    nova.Server
		want string // "" when allowed
	}{
		{nova.Stop, nova.Server{ID: "a", VMState: nova.Active, LaunchedAt: &now}, ""},
		{nova.Stop, nova.Server{ID: "a", VMState: nova.Stopped, LaunchedAt: &now}, "Cannot 'stop' instance a while it is in vm_state stopped"},
		{nova.Stop, nova.Server{ID: "a", VMState: nova.Active, TaskState: nova.PoweringOff, LaunchedAt: &now},
			"Cannot 'stop' instance a while it is in task_state powering-off"},
		{nova.Stop, nova.Server{ID: "a", VMState: nova.ErrorState}, "Instance a is in an invalid state for 'stop'"},
		{nova.HardReboot, nova.Server{ID: "a", VMState: nova.Active, TaskState: nova.Rebooting, LaunchedAt: &now}, ""},
		{nova.SoftReboot, nova.Server{ID: "a", VMState: nova.Active, TaskState: nova.Rebooting, LaunchedAt: &now},
			"Cannot 'reboot' instance a while it is in task_state rebooting"},
		{nova.Delete, nova.Server{ID: "a", VMState: nova.Building, TaskState: nova.Spawning}, ""},
	} {
		got := ""
		if f := fault.Of(c.t.Check(c.s)); f != nil {
			got = f.Text
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.t.Action, got, c.want)
		}
	}
}

// TestTransitionsAreAllListed counts them where they are written.
func TestTransitionsAreAllListed(t *testing.T) {
	written, err := os.ReadFile("state.go")
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(written), "= Transition{Action"); n != len(nova.Transitions()) {
		t.Errorf("%d transitions are written, %d listed", n, len(nova.Transitions()))
	}
}
