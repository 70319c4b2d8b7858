package tree_test

import (
	"strings"
	"testing"
	"time"

	"cumulet/oslo/telemetry"
	"cumulet/oslo/telemetry/tree"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// span makes a span that began so many milliseconds after noon.
func span(id, parent, name string, at, took int, attributes ...string) telemetry.Span {
	s := telemetry.Span{
		ID: id, Parent: parent, Name: name, Process: "cumulet@vm", Start: noon.Add(time.Duration(at) * time.Millisecond),
		Took: time.Duration(took) * time.Millisecond, Attributes: map[string]string{},
	}
	for i := 0; i+1 < len(attributes); i += 2 {
		s.Attributes[attributes[i]] = attributes[i+1]
	}
	return s
}

func created() []telemetry.Span {
	take := span("d", "c", "bus.take", 31, 2500, "topic", "compute", "host", "host-1", "method", "build_server", "waited", "12ms")
	take.Role, take.Host, take.Process = "nova-compute", "host-1", "cumulet@h1"
	failed := span("b", "a", "db.tx", 2, 5, "service", "nova", "sql.queries", "7", "sql.took", "1.5ms")
	failed.Error = "disk full"
	begun := span("c", "a", "flow.do", 30, 0, "step", "build", "tries", "2")
	begun.Running, begun.Took = true, 12*time.Second
	return []telemetry.Span{
		take, failed, begun,
		span("a", "outside", "nova POST /v2.1/servers", 0, 38, "path", "/compute/v2.1/servers", "status", "202", "policy",
			"os_compute_api:servers:create, os_compute_api:servers:create:attach_network", "user", "u1"),
		span("d", "c", "bus.take", 31, 2500), // told twice
	}
}

const drawn = `    begin      took  where                what
  0.00 ms     38 ms  cumulet@vm           nova POST /compute/v2.1/servers → 202  user=u1
                                          │ policy: os_compute_api:servers:create, os_compute_api:servers:create:attach_network
  2.00 ms   5.00 ms  cumulet@vm           ├ transaction of nova  · 7 queries in SQL, 1.50 ms
                                          │   failed: disk full
    30 ms         …  cumulet@vm           └ do build (failed 2 times before)  … running since 12.00 s
    31 ms    2.50 s  nova-compute@host-1    └ take build_server  · waited 12 ms
`

func TestDrawing(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	if err := (tree.Drawing{}).Draw(&out, tree.Build(created())); err != nil {
		t.Fatal(err)
	}
	if out.String() != drawn {
		t.Errorf("drawn is\n%s\nwant\n%s", out.String(), drawn)
	}
}

func TestDrawingIsCutToTheTerminal(t *testing.T) {
	t.Parallel()
	spans := append(created(), span("e", "a", "evil \x1b[2J\r\n"+strings.Repeat("é", 300), 40, 1))
	var out strings.Builder
	if err := (tree.Drawing{Width: 60, All: true}).Draw(&out, tree.Build(spans)); err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(out.String(), "\n") {
		if n := len([]rune(line)); n > 60 || strings.ContainsAny(line, "\x1b\r") {
			t.Errorf("%d characters: %q", n, line)
		}
	}
}

func TestSpansUnderThemselvesAreDrawnOnce(t *testing.T) {
	t.Parallel()
	spans := []telemetry.Span{span("a", "c", "a", 0, 1), span("b", "a", "b", 1, 1), span("c", "b", "c", 2, 1), span("d", "d", "d", 3, 1)}
	var count func([]*tree.Node) int
	count = func(nodes []*tree.Node) int {
		n := len(nodes)
		for _, node := range nodes {
			n += count(node.Children)
		}
		return n
	}
	if n := count(tree.Build(spans)); n != 4 {
		t.Errorf("%d spans of 4 are in the trees", n)
	}
}

func TestRequestHasEndedWithItsOperations(t *testing.T) {
	t.Parallel()
	post := span("a", "", "nova POST /servers", 0, 1, "operation", "o1 o2")
	done := span("b", "a", "flow.server.create", 1, 1, "operation", "o1", "status", "done")
	paused := span("c", "a", "flow.server.create", 1, 1, "operation", "o2", "status", "running")
	undone := span("d", "a", "flow.server.create", 3, 1, "operation", "o2", "status", "undone")
	runs := span("e", "a", "libvirt.define", 4, 1)
	runs.Running = true
	for name, c := range map[string]struct {
		spans []telemetry.Span
		ended bool
	}{
		"nothing":            {nil, true},
		"a look":             {[]telemetry.Span{span("a", "", "nova GET /servers", 0, 1)}, true},
		"not taken up":       {[]telemetry.Span{post}, false},
		"one of two":         {[]telemetry.Span{post, done}, false},
		"one pauses":         {[]telemetry.Span{post, done, paused}, false},
		"both":               {[]telemetry.Span{undone, post, done, paused}, true},
		"both, work goes on": {[]telemetry.Span{post, done, undone, runs}, false},
	} {
		if tree.Ended(c.spans) != c.ended {
			t.Errorf("%s: want %t", name, c.ended)
		}
	}
}
