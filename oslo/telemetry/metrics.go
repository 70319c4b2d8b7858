package telemetry

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"cumulet/oslo/fault"
)

// Metrics counts what happens in a process, in a Prometheus registry of its own. A nil *Metrics counts nothing.
type Metrics struct {
	registry     *prometheus.Registry
	requests     *prometheus.HistogramVec
	messages     *prometheus.HistogramVec
	steps        *prometheus.HistogramVec
	operations   *prometheus.CounterVec
	transactions *prometheus.HistogramVec
}

// NewMetrics makes the metrics of a process, with Go's own and the operating system's beside them.
func NewMetrics() *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: histogram("http_request_duration_seconds",
			"HTTP requests answered, by service, route and status.", "service", "route", "status"),
		messages: histogram("message_duration_seconds",
			"Bus messages worked on, by topic, method and outcome.", "topic", "method", "outcome"),
		steps: histogram("flow_step_duration_seconds",
			"Flow steps run, by flow, step, direction (do, undo) and outcome.", "flow", "step", "direction", "outcome"),
		operations: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: "cumulet", Name: "flow_operations_total", Help: "Operations ended, by flow and status.",
		}, []string{"flow", "status"}),
		transactions: histogram("db_transaction_duration_seconds",
			"Transactions, with the wait for the writer lane, by service and outcome.", "service", "outcome"),
	}
	m.registry.MustRegister(m.requests, m.messages, m.steps, m.operations, m.transactions,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func histogram(name, help string, labels ...string) *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Namespace: "cumulet", Name: name, Help: help,
		Buckets: []float64{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300},
	}, labels)
}

// Handler serves the metrics in Prometheus' text format.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// Register adds a collector of one's own, such as a pool's gauge.
func (m *Metrics) Register(c prometheus.Collector) error { return m.registry.Register(c) }

// Request counts an answered HTTP request. route is the pattern of the route table, never the path.
func (m *Metrics) Request(service, route string, status int, took time.Duration) {
	if m != nil {
		m.requests.WithLabelValues(service, route, strconv.Itoa(status)).Observe(took.Seconds())
	}
}

// Message counts a bus message that a server of topic worked on.
func (m *Metrics) Message(topic, method string, err error, took time.Duration) {
	if m != nil {
		m.messages.WithLabelValues(topic, method, outcome(err)).Observe(took.Seconds())
	}
}

// Step counts one try of a flow's step; direction is "do" or "undo".
func (m *Metrics) Step(flow, step, direction string, err error, took time.Duration) {
	if m != nil {
		m.steps.WithLabelValues(flow, step, direction, outcome(err)).Observe(took.Seconds())
	}
}

// Operation counts an operation that ended with status.
func (m *Metrics) Operation(flow, status string) {
	if m != nil {
		m.operations.WithLabelValues(flow, status).Inc()
	}
}

// Transaction counts a transaction on a service's database.
func (m *Metrics) Transaction(service string, err error, took time.Duration) {
	if m != nil {
		m.transactions.WithLabelValues(service, outcome(err)).Observe(took.Seconds())
	}
}

// outcome tells apart what went well, what was refused, and what broke.
func outcome(err error) string {
	switch {
	case err == nil:
		return "ok"
	case fault.Of(err) != nil:
		return "fault"
	}
	return "error"
}
