package flow

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// machine is a proc file system with one process.
func machine(t *testing.T, boot, space string, pid int, started string) string {
	t.Helper()
	proc := t.TempDir()
	write := func(name, text string) {
		file := filepath.Join(proc, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("sys/kernel/random/boot_id", boot+"\n")
	write(fmt.Sprintf("%d/stat", pid), fmt.Sprintf("%d (a ) name) S 1 1 1 0 -1 4194304 101 0 0 0 0 0 0 0 20 0 1 0 %s 3133440 379\n", pid, started))
	if err := os.MkdirAll(filepath.Join(proc, "self/ns"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("pid:["+space+"]", filepath.Join(proc, "self/ns/pid")); err != nil {
		t.Fatal(err)
	}
	return proc
}

func TestDeathIsKnownWhereItCanBe(t *testing.T) {
	t.Parallel()
	proc := machine(t, "boot-1", "77", 100, "5000")
	self := ownerIn("host", 100, proc).String()
	if self != "host:100:5000:77:boot-1" {
		t.Fatalf("a process is called %q", self)
	}
	for _, c := range []struct {
		name, other string
		dead        bool
	}{
		{"itself", self, false},
		{"a process that is not there", "host:101:4000:77:boot-1", true},
		{"the number used again", "host:100:4000:77:boot-1", true},
		{"another host's name on this machine", "host-2:101:4000:77:boot-1", true},
		{"the boot before", "host:100:5000:77:boot-0", true},
		{"another machine", "other:100:5000:77:boot-0", false},
		{"another process namespace", "host:101:4000:78:boot-1", false},
		{"a name that tells nothing", "host:101", false},
		{"any name", "one", false},
	} {
		if got := knowsDead(self, c.other, proc); got != c.dead {
			t.Errorf("%s: dead is %v", c.name, got)
		}
	}
	if knowsDead("host:100", "host:101:4000:77:boot-1", proc) {
		t.Error("a runner whose name tells nothing judges others")
	}
}

func TestOwnProcessLives(t *testing.T) {
	t.Parallel()
	me := Owner("host")
	if _, ok := parseOwner(me); !ok {
		t.Skipf("this machine tells too little of itself: %q", me)
	}
	other := ownerIn("host", os.Getppid(), "/proc").String()
	if knowsDead(me, other, "/proc") {
		t.Errorf("%q is taken for dead", other)
	}
}
