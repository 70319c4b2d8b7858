// Package telemetry says what happens: structured logs with request ids, Prometheus metrics and OpenTelemetry spans.
// It decides nothing; nobody reads a decision from what it keeps in a context.
package telemetry
