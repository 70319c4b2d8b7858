package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"net/url"
	"time"

	"cumulet/oslo/config"
	"cumulet/oslo/service"
	"cumulet/oslo/telemetry"
	"cumulet/oslo/telemetry/collect"
	"cumulet/oslo/telemetry/otlp"
)

// TelemetryConfig is the section telemetry: what is kept and told of each request.
type TelemetryConfig struct {
	TraceMemory config.Size    `conf:"trace_memory" doc:"memory of each process for the traces of requests; 0 keeps and exports none"`
	Endpoint    string         `conf:"otlp_endpoint" doc:"where traces are exported to by OTLP over HTTP, such as http://collector:4318/v1/traces; nowhere when empty"`
	Ratio       float64        `conf:"otlp_ratio" doc:"part of the requests whose traces are exported, 0 to 1"`
	MetricsFrom []netip.Prefix `conf:"metrics_from" doc:"addresses, such as 10.0.0.0/24, whose callers may read /metrics; this machine always may"`
}

// defaultTelemetry keeps traces and exports none.
func defaultTelemetry() TelemetryConfig { return TelemetryConfig{TraceMemory: 8 << 20, Ratio: 1} }

// Check refuses what cannot be.
func (c *TelemetryConfig) Check() error {
	if c.TraceMemory < 0 || c.TraceMemory > 4<<30 {
		return errors.New("trace_memory: must be between 0 and 4G")
	}
	if c.Ratio < 0 || c.Ratio > 1 {
		return errors.New("otlp_ratio: must be between 0 and 1")
	}
	if u, err := url.Parse(c.Endpoint); c.Endpoint != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "") {
		return errors.New("otlp_endpoint: is no address such as http://collector:4318/v1/traces")
	}
	return nil
}

// newTelemetry makes what the process keeps of what happens in it.
func (p *process) newTelemetry(ctx context.Context) (telemetry.Telemetry, error) {
	t := telemetry.Telemetry{Metrics: telemetry.NewMetrics(), Observer: observer()}
	c := p.config.Telemetry
	if c.TraceMemory == 0 {
		return t, nil
	}
	ring := telemetry.NewRing(int(c.TraceMemory))
	t.Metrics.Traces(ring)
	t.Tracer = telemetry.NewTracer("cumulet@"+p.config.Host, ring)
	if c.Endpoint == "" {
		return t, nil
	}
	exporter, err := otlp.New(ctx, otlp.Config{Endpoint: c.Endpoint, Log: p.log, Metrics: t.Metrics})
	if err != nil {
		return t, err
	}
	p.closes(closer(func() error {
		ctx, cancel := context.WithTimeout(context.Background(), exportTimeout)
		defer cancel()
		return exporter.Close(ctx)
	}))
	t.Tracer.Export(exporter.Export, c.Ratio)
	return t, nil
}

// exportTimeout bounds the last sending of traces when the process ends.
const exportTimeout = 2 * time.Second

// closer closes by a function.
type closer func() error

func (c closer) Close() error { return c() }

// tracePrefix is where the gateway serves traces to operators.
const tracePrefix = "/trace"

// traceRole answers other processes that gather the spans of a request, and operators who ask for them.
func (p *process) traceRole() (service.Role, error) {
	_, port, err := net.SplitHostPort(p.config.Listen) // tells the processes of a host apart
	if err != nil {
		return service.Role{}, err
	}
	c := &collect.Collector{Bus: p.bus, Tracer: p.telemetry.Tracer, Process: p.config.Host + "-" + port, Log: p.log}
	rules, err := p.policy("telemetry", collect.Rules())
	if err != nil {
		return service.Role{}, err
	}
	face := &collect.API{Collector: c, Auth: p.authenticator("telemetry"), Policy: rules, Prefix: tracePrefix, Log: p.log}
	if _, err := p.serveAPI(tracePrefix, face.Handler); err != nil {
		return service.Role{}, err
	}
	return service.Role{Name: "telemetry", Run: c.Run}, nil
}

// buildAs builds a role, whose APIs then serve in its name.
func (p *process) buildAs(ctx context.Context, r role) (service.Role, error) {
	before := maps.Clone(p.gateway.apis)
	built, err := r.build(p, ctx)
	if err != nil {
		return built, fmt.Errorf("build %s: %w", r.name, err)
	}
	for prefix, api := range p.gateway.apis {
		if _, old := before[prefix]; !old {
			p.gateway.apis[prefix] = telemetry.Role(r.name, api)
		}
	}
	built.Name = r.name
	return built, nil
}
