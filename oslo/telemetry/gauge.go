package telemetry

import (
	"context"
	"database/sql"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// readTimeout bounds one reading of what must be asked for.
const readTimeout = 2 * time.Second

// Underway is the operations of a flow that have not ended.
type Underway struct {
	Flow, Status string
	Number       int
	Oldest       time.Time // when the oldest was begun
}

// gauges are read when the metrics are asked for.
type gauges struct {
	connections, connectionWaits, connectionWait *prometheus.Desc
	underway, oldest                             *prometheus.Desc
	waiting, roles                               *prometheus.Desc
	traces, traceBytes                           *prometheus.Desc

	mu      sync.Mutex
	readers []*reader
}

// reader gives the values of one thing that is measured. One of the same name takes its place.
type reader struct {
	name string
	read func(chan<- prometheus.Metric)
}

func newGauges() *gauges {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc(prometheus.BuildFQName(namespace, "", name), help, labels, nil)
	}
	return &gauges{
		connections:     desc("db_connections", "Connections to a service's database, by pool and state (in_use, idle).", "service", "pool", "state"),
		connectionWaits: desc("db_connection_waits_total", "How often one waited for a connection.", "service", "pool"),
		connectionWait:  desc("db_connection_wait_seconds_total", "How long one waited for connections.", "service", "pool"),
		underway:        desc("flow_operations", "Operations that have not ended, by flow and status.", "flow", "status"),
		oldest:          desc("flow_oldest_operation_seconds", "Age of the oldest operation that has not ended.", "flow", "status"),
		waiting:         desc("messages_waiting", "Messages in the queue, where the transport knows.", "topic"),
		roles:           desc("role_ready", "Whether a role of the process serves (1) or not (0).", "role"),
		traces:          desc("trace_requests", "Requests whose spans are kept."),
		traceBytes:      desc("trace_bytes", "Memory that kept spans take, about."),
	}
}

// Describe gives all of them.
func (g *gauges) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		g.connections, g.connectionWaits, g.connectionWait, g.underway, g.oldest, g.waiting, g.roles, g.traces, g.traceBytes,
	} {
		to <- d
	}
}

// Collect reads them.
func (g *gauges) Collect(to chan<- prometheus.Metric) {
	g.mu.Lock()
	readers := slices.Clone(g.readers)
	g.mu.Unlock()
	for _, r := range readers {
		r.read(to)
	}
}

// add has a thing be read until stop.
func (g *gauges) add(name string, read func(chan<- prometheus.Metric)) (stop func()) {
	one := &reader{name, read}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.readers = append(slices.DeleteFunc(g.readers, func(r *reader) bool { return r.name == name }), one)
	return func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.readers = slices.DeleteFunc(g.readers, func(r *reader) bool { return r == one })
	}
}

func gauge(d *prometheus.Desc, value float64, labels ...string) prometheus.Metric {
	return prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
}

func total(d *prometheus.Desc, value float64, labels ...string) prometheus.Metric {
	return prometheus.MustNewConstMetric(d, prometheus.CounterValue, value, labels...)
}

// Pool shows a service's pool of connections to its database until stop.
func (m *Metrics) Pool(service, pool string, stats func() sql.DBStats) (stop func()) {
	if m == nil {
		return func() {}
	}
	return m.gauges.add("pool "+service+" "+pool, func(to chan<- prometheus.Metric) {
		s := stats()
		to <- gauge(m.gauges.connections, float64(s.InUse), service, pool, "in_use")
		to <- gauge(m.gauges.connections, float64(s.Idle), service, pool, "idle")
		to <- total(m.gauges.connectionWaits, float64(s.WaitCount), service, pool)
		to <- total(m.gauges.connectionWait, s.WaitDuration.Seconds(), service, pool)
	})
}

// Operations shows the operations under way that a runner, by its name, could run until stop.
func (m *Metrics) Operations(runner string, read func(context.Context) ([]Underway, error)) (stop func()) {
	if m == nil {
		return func() {}
	}
	return m.gauges.add("operations "+runner, func(to chan<- prometheus.Metric) {
		ctx, cancel := context.WithTimeout(context.Background(), readTimeout)
		defer cancel()
		all, err := read(ctx)
		if err != nil {
			to <- prometheus.NewInvalidMetric(m.gauges.underway, err)
			return
		}
		for _, u := range all {
			to <- gauge(m.gauges.underway, float64(u.Number), u.Flow, u.Status)
			to <- gauge(m.gauges.oldest, max(0, time.Since(u.Oldest).Seconds()), u.Flow, u.Status)
		}
	})
}

// Queues shows how many messages wait, by topic, until stop.
func (m *Metrics) Queues(read func() map[string]int) (stop func()) {
	if m == nil {
		return func() {}
	}
	return m.gauges.add("queues", func(to chan<- prometheus.Metric) {
		for topic, n := range read() {
			to <- gauge(m.gauges.waiting, float64(n), topic)
		}
	})
}

// Roles shows which of the process's roles serve until stop.
func (m *Metrics) Roles(ready func() map[string]bool) (stop func()) {
	if m == nil {
		return func() {}
	}
	return m.gauges.add("roles", func(to chan<- prometheus.Metric) {
		for role, serves := range ready() {
			value := 0.0
			if serves {
				value = 1
			}
			to <- gauge(m.gauges.roles, value, role)
		}
	})
}

// Traces shows how much a ring keeps until stop.
func (m *Metrics) Traces(r *Ring) (stop func()) {
	if m == nil {
		return func() {}
	}
	return m.gauges.add("traces", func(to chan<- prometheus.Metric) {
		kept := r.Kept()
		to <- gauge(m.gauges.traces, float64(kept.Requests))
		to <- gauge(m.gauges.traceBytes, float64(kept.Bytes))
	})
}
