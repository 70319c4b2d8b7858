// Package otlp hands spans on to an OpenTelemetry collector, by OTLP over HTTP. It never makes a request wait: the queue is
// bounded, and what does not fit, or what a collector that is away does not take, is lost and counted.
package otlp
