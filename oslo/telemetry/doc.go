// Package telemetry says what happens: structured logs with request ids, Prometheus metrics, and the spans of each request. It
// decides nothing; nobody reads a decision from what it keeps in a context.
//
// A span is one piece of work (an HTTP request, a transaction, a bus message, a flow's step, a hypervisor's call) done for a
// request. It is kept in the memory of the process, a Ring, from its begin; package collect gathers the spans of one request
// from all processes, package tree draws them, package otlp hands them to a collector. Work that no request asked for (heartbeats,
// turns of reconcilers) has no spans.
//
// The request that a span belongs to is named by the global request id, as oslo.middleware: the id of the request that entered the
// cloud, which each service takes over from who calls it, beside the id that it gives each of its own requests. The W3C trace id is that
// id's UUID, so that one tells the other, and a traceparent carries both.
package telemetry
