package main

import (
	"cmp"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"
)

// results are what one run measured.
type results struct {
	began     time.Time
	load      string // the machine's load average before
	start     start
	rows      []row
	manyHosts int
	manyIdle  int64
	manyBusy  float64
	identity  identity
	images    images
	guests    guests
	rates     []rate
}

// report is all of it as Markdown.
func (r results) report() string {
	var b strings.Builder
	fmt.Fprintf(&b, `# Benchmarks

Printed by `+"`make bench`"+`, never typed. One run of %s on %d processors (%s, %s), of %.0f minutes; the load average before it was %s, and the
load generator runs on the same processors. CPU is what the measured process used for each request, user and system, with all
else that it did meanwhile; rates and latencies are worth what the machine's other work left over. Each table has its limit beside
it: the least that any program would need for the same, measured in the same run. Targets are what we reach for. The reference is
OpenStack Zed (Debian 12's packages) on a machine of the same kind.

## Start and size

One process with all services, fake drivers, SQLite and the memory bus. A second start finds its databases and accounts.

| what | measured | target | the reference |
|---|---|---|---|
| first start until all APIs answer | %.2f s | | 62 s |
| second start | %.2f s | 1 s | |
| memory when idle (PSS), one host | %.0f MiB | 120 MB | 5,707 MiB in 94 processes |
| memory with %d fake hosts | %.0f MiB | | |
| one processor's time when idle, one host; with those hosts | %.1f %%; %.0f %% | | |

## Requests

A closed loop of clients against a cloud of fake hosts, on one connection each. Ports and networks are made in a cloud whose hosts all hear of
them; a server is ACTIVE when scheduler, placement, neutron, conductor, its host's compute and agent have all done their part.

| what | clients | per second | p50 | p99 | CPU each | target | the reference |
|---|---|---|---|---|---|---|---|
`, r.began.Format("2 January 2006"), runtime.NumCPU(), runtime.Version(), processor(), time.Since(r.began).Minutes(), r.load,
		r.start.cold.Seconds(), r.start.warm.Seconds(), float64(r.start.idle)/(1<<20), r.manyHosts, float64(r.manyIdle)/(1<<20),
		r.start.busy*100, r.manyBusy*100)
	for _, row := range r.rows {
		fmt.Fprintf(&b, "| %s | %d | %.0f | %s | %s | %s | %s | %s |\n",
			row.name, row.clients, row.perSecond, milliseconds(row.p50), milliseconds(row.p99), milliseconds(row.cpu), row.target, row.reference)
	}
	r.reportIdentity(&b)
	r.reportImages(&b)
	r.reportGuests(&b)
	r.reportBus(&b)
	return b.String()
}

func (r results) reportIdentity(b *strings.Builder) {
	b.WriteString(`
## Keystone, beside net/http

Processor time for each request, and what a bare net/http server takes to answer as many bytes, without reading a token, a row or a rule; eight
clients. Revocations must cost nothing, however many there are. Lists and catalogs are kept until something changes; "made anew" is what the first who asks
after a change pays for.

| what | bytes | per second | CPU each | net/http | times | target | the reference |
|---|---|---|---|---|---|---|---|
`)
	for _, row := range r.identity.rows {
		fmt.Fprintf(b, "| %s | %d | %.0f | %s | %s | %.1f | %s | %s |\n", row.name, row.bytes, row.perSecond, milliseconds(row.cpu), milliseconds(row.limit),
			float64(row.cpu)/float64(max(row.limit, 1)), row.target, row.reference)
	}
	fmt.Fprintf(b, "\nMemory (PSS) before and after %d validations: %.0f and %.0f MiB.\n", r.identity.validations,
		float64(r.identity.before)/(1<<20), float64(r.identity.after)/(1<<20))
}

func (r results) reportImages(b *strings.Builder) {
	b.WriteString(`
## Images

A GiB of random bits in the file store, up and down, medians of three; processor time is the server's, or of who does it by hand. An upload shall
reach 0.8 of what the digests or the disk allow by themselves, whichever is slower; a download 0.8 of nginx, and take less time than the reference's.

| what | seconds | MiB/s | CPU for a GiB | the reference |
|---|---|---|---|---|
`)
	for _, t := range r.images.rows {
		fmt.Fprintf(b, "| %s | %.2f | %.0f | %.2f s | %s |\n", t.name, t.took.Seconds(), 1024/t.took.Seconds(), t.cpu.Seconds(), t.reference)
	}
	b.WriteString("\n| at once | memory (PSS) before | at most meanwhile | target |\n|---|---|---|---|\n")
	for _, p := range r.images.parallel {
		fmt.Fprintf(b, "| %s | %.0f MiB | %.0f MiB | 64 MB more |\n", p.name, float64(p.before)/(1<<20), float64(p.most)/(1<<20))
	}
	b.WriteString("\n| what | bytes | per second | CPU each | net/http | times | target |\n|---|---|---|---|---|---|---|\n")
	l := r.images.list
	fmt.Fprintf(b, "| %s | %d | %.0f | %s | %s | %.1f | %s |\n", l.name, l.bytes, l.perSecond, milliseconds(l.cpu), milliseconds(l.limit),
		float64(l.cpu)/float64(max(l.limit, 1)), l.target)
}

func (r results) reportGuests(b *strings.Builder) {
	b.WriteString(`
## A guest

With the real driver: from ` + "`POST /servers`" + ` until libvirt says that the domain runs (token, quota, scheduling, claim, port, image, disk,
definition, start), and the same definition with a new disk made by hand: qemu-img, define, start. Medians, in turns.

`)
	if len(r.guests.api) == 0 {
		fmt.Fprintf(b, "Not measured: %s.\n", cmp.Or(r.guests.why, "not asked for"))
		return
	}
	api, hand := median(r.guests.api), median(r.guests.hand)
	fmt.Fprintf(b, `| what | until the domain runs | target |
|---|---|---|
| *limit:* qemu-img and libvirt by hand | %s | |
| POST /servers | %s, %.2f times as long | 1.5 times |
`, milliseconds(hand), milliseconds(api), float64(api)/float64(hand))
}

func (r results) reportBus(b *strings.Builder) {
	b.WriteString(`
## The bus

A message of 200 bytes and its answer, client, server and broker on this machine: one call after the other; 32 callers at once;
casts by 32 senders until they are worked on. The memory bus is the limit of the others.

| transport | calls/s, one by one | calls/s, 32 at once | casts/s |
|---|---|---|---|
`)
	for _, one := range r.rates {
		fmt.Fprintf(b, "| %s | %.0f | %.0f | %.0f |\n", one.transport, one.call, one.calls, one.casts)
	}
}

func milliseconds(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return fmt.Sprintf("%.2f ms", float64(d)/float64(time.Millisecond))
}

// load is the load average of the last minute.
func load() string {
	b, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	one, _, _ := strings.Cut(string(b), " ")
	return one
}

// processor is the processor's name.
func processor() string {
	b, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	for line := range strings.Lines(string(b)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}
