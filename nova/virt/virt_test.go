package virt

import (
	"strings"
	"testing"
)

func TestTailCountsLinesAsNova(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		log   string
		lines int
		want  string
	}{
		{"a\nb\nc\n", -1, "a\nb\nc\n"},
		{"a\nb\nc\n", 0, ""},
		{"a\nb\nc\n", 1, ""},
		{"a\nb\nc\n", 2, "c\n"},
		{"a\nb\nc\n", 3, "b\nc\n"},
		{"a\nb\nc\n", 9, "a\nb\nc\n"},
		{"a\nb", 1, "b"},
		{"", 3, ""},
	} {
		if got := string(Tail([]byte(c.log), c.lines)); got != c.want {
			t.Errorf("Tail(%q, %d) = %q, want %q", c.log, c.lines, got, c.want)
		}
	}
	if got := len(Tail([]byte(strings.Repeat("x\n", MaxConsoleBytes)), -1)); got != MaxConsoleBytes {
		t.Errorf("a huge log gives %d bytes", got)
	}
}

func TestTapNameIsNeutrons(t *testing.T) {
	t.Parallel()
	if got := TapName("0f1a2b3c-4d5e-6789-aaaa-bbbbbbbbbbbb"); got != "tap0f1a2b3c-4d" {
		t.Errorf("TapName = %q", got)
	}
}

func TestGuestWithPathInItsNameIsRefused(t *testing.T) {
	t.Parallel()
	good := Guest{ID: "0f1a2b3c-4d5e-6789-aaaa-bbbbbbbbbbbb", Name: "instance-00000001", VCPUs: 1, MemoryMiB: 64,
		NICs: []NIC{{MAC: "fa:16:3e:00:00:01", Device: "tap0f1a2b3c-4d"}}}
	if err := good.Check(); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*Guest){
		"path in id":     func(g *Guest) { g.ID = "../../etc/passwd" },
		"path in name":   func(g *Guest) { g.Name = "../x" },
		"no vcpus":       func(g *Guest) { g.VCPUs = 0 },
		"no memory":      func(g *Guest) { g.MemoryMiB = 0 },
		"negative root":  func(g *Guest) { g.RootGiB = -1 },
		"path in device": func(g *Guest) { g.NICs = []NIC{{MAC: "fa:16:3e:00:00:01", Device: "a/b"}} },
		"no mac":         func(g *Guest) { g.NICs = []NIC{{MAC: "x", Device: "tap0"}} },
	} {
		bad := good
		spoil(&bad)
		if bad.Check() == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
