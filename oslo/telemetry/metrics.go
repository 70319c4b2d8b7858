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

// namespace begins the name of every metric of ours.
const namespace = "cumulet"

// Metrics counts what happens in a process, in a Prometheus registry of its own. A nil *Metrics counts nothing. Every label is of a
// small set that the code knows: routes and never paths, methods that are taken and never those that are asked for.
type Metrics struct {
	registry     *prometheus.Registry
	requests     *prometheus.HistogramVec
	serving      *prometheus.GaugeVec
	sent         *prometheus.CounterVec
	messages     *prometheus.HistogramVec
	waits        *prometheus.HistogramVec
	steps        *prometheus.HistogramVec
	operations   *prometheus.CounterVec
	transactions *prometheus.HistogramVec
	exported     *prometheus.CounterVec
	gauges       *gauges
}

// NewMetrics makes the metrics of a process, with Go's own and the operating system's beside them.
func NewMetrics() *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: histogram("http_request_duration_seconds",
			"HTTP requests answered, by service, route and status.", "service", "route", "status"),
		serving: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Namespace: namespace, Name: "http_requests_in_flight", Help: "HTTP requests being answered, by service.",
		}, []string{"service"}),
		sent: counter("messages_sent_total", "Bus messages sent, by topic, method, kind (call, cast, fanout) and outcome.",
			"topic", "method", "kind", "outcome"),
		messages: histogram("message_duration_seconds",
			"Bus messages worked on, by topic, method and outcome.", "topic", "method", "outcome"),
		waits: histogram("message_wait_seconds",
			"Time of bus messages on their way and in the queue, by topic, as far as clocks agree.", "topic"),
		steps: histogram("flow_step_duration_seconds",
			"Flow steps run, by flow, step, direction (do, undo) and outcome.", "flow", "step", "direction", "outcome"),
		operations: counter("flow_operations_total", "Operations ended, by flow and status.", "flow", "status"),
		transactions: histogram("db_transaction_duration_seconds",
			"Transactions, with the wait for the writer lane, by service and outcome.", "service", "outcome"),
		exported: counter("trace_spans_exported_total", "Spans handed to the OTLP collector, or lost on the way, by outcome.", "outcome"),
		gauges:   newGauges(),
	}
	m.registry.MustRegister(m.requests, m.serving, m.sent, m.messages, m.waits, m.steps, m.operations, m.transactions, m.exported, m.gauges,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func histogram(name, help string, labels ...string) *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Namespace: namespace, Name: name, Help: help,
		Buckets: []float64{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300},
	}, labels)
}

func counter(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, labels)
}

// Handler serves the metrics in Prometheus' text format. What cannot be read now is left out.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError})
}

// Describe gives every metric there is, whether or not it was counted yet, as prometheus.Collector.
func (m *Metrics) Describe(to chan<- *prometheus.Desc) { m.registry.Describe(to) }

// Register adds a collector of one's own.
func (m *Metrics) Register(c prometheus.Collector) error { return m.registry.Register(c) }

// Begin counts an HTTP request that is being answered; End follows.
func (m *Metrics) Begin(service string) {
	if m != nil {
		m.serving.WithLabelValues(service).Inc()
	}
}

// End follows Begin.
func (m *Metrics) End(service string) {
	if m != nil {
		m.serving.WithLabelValues(service).Dec()
	}
}

// Request counts an answered HTTP request. route is the pattern of the route table, never the path.
func (m *Metrics) Request(service, route string, status int, took time.Duration) {
	if m != nil {
		m.requests.WithLabelValues(service, route, strconv.Itoa(status)).Observe(took.Seconds())
	}
}

// Sent counts a message that was handed to the bus; of a call it is known how it was answered.
func (m *Metrics) Sent(topic, method, kind string, err error) {
	if m != nil {
		m.sent.WithLabelValues(topic, method, kind, outcome(err)).Inc()
	}
}

// Message counts a bus message that a server of topic worked on.
func (m *Metrics) Message(topic, method string, err error, took time.Duration) {
	if m != nil {
		m.messages.WithLabelValues(topic, method, outcome(err)).Observe(took.Seconds())
	}
}

// Waited counts how long a message of topic was on its way.
func (m *Metrics) Waited(topic string, waited time.Duration) {
	if m != nil {
		m.waits.WithLabelValues(topic).Observe(waited.Seconds())
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

// Exported counts spans that went to the collector, or were "lost".
func (m *Metrics) Exported(outcome string, spans int) {
	if m != nil {
		m.exported.WithLabelValues(outcome).Add(float64(spans))
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
