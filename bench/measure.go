package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// row is one line of the table.
type row struct {
	name              string
	clients           int
	perSecond         float64
	p50, p99          time.Duration
	cpu               time.Duration // of the cloud's process, per request
	reference, target string
}

// measurement is something to do again and again.
type measurement struct {
	name string
	run  func(ctx context.Context) (row, error)
}

// loop has clients do something one after the other for a while, and counts.
func (c *cloud) loop(ctx context.Context, name string, clients int, span time.Duration, do func(ctx context.Context, n int64) error) (row, error) {
	before, err := c.cpu()
	if err != nil {
		return row{}, err
	}
	var n atomic.Int64
	took := make([][]time.Duration, clients)
	errs := make([]error, clients)
	began := time.Now()
	var all sync.WaitGroup
	for i := range clients {
		all.Go(func() {
			for time.Since(began) < span && ctx.Err() == nil && errs[i] == nil {
				start := time.Now()
				errs[i] = do(ctx, n.Add(1))
				took[i] = append(took[i], time.Since(start))
			}
		})
	}
	all.Wait()
	elapsed := time.Since(began)
	after, err := c.cpu()
	if err := errors.Join(append(errs, err, ctx.Err())...); err != nil {
		return row{}, err
	}
	times := slices.Sorted(slices.Values(slices.Concat(took...)))
	count := len(times)
	return row{
		name: name, clients: clients, perSecond: float64(count) / elapsed.Seconds(), cpu: (after - before) / time.Duration(count),
		p50: times[count/2], p99: times[count*99/100],
	}, nil
}

// measurements is the table of what is measured, in order: what a later one lists, an earlier one made.
func measurements(c *cloud, span time.Duration) []measurement {
	var network, subnet string
	simple := func(name string, clients int, reference, target string, do func(ctx context.Context, n int64) error) measurement {
		return measurement{name, func(ctx context.Context) (row, error) {
			r, err := c.loop(ctx, name, clients, span, do)
			r.reference, r.target = reference, target
			return r, err
		}}
	}
	get := func(path string) func(context.Context, int64) error {
		return func(ctx context.Context, _ int64) error { _, err := c.ask(ctx, "GET", path, nil, nil); return err }
	}
	bare := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{}`)) }))
	return []measurement{
		simple("bare net/http, for comparison", 8, "", "", get(bare.URL)),
		simple("token issue (bcrypt 12)", 8, "8.3/s, 235 ms CPU", "", func(ctx context.Context, _ int64) error {
			body, err := c.credentials()
			if err != nil {
				return err
			}
			_, err = c.ask(ctx, "POST", "/identity/v3/auth/tokens", body, nil)
			return err
		}),
		simple("token validate", 8, "120/s, 15-21 ms CPU", "0.15 ms CPU", get("/identity/v3/auth/tokens")),
		simple("GET /projects", 8, "125/s, 12-18 ms CPU", "", get("/identity/v3/projects")),
		simple("GET /images", 8, "114/s, 16 ms CPU", "", get("/image/v2/images")),
		{"make a network", func(ctx context.Context) (row, error) {
			var err error
			network, subnet, err = c.makeNetwork(ctx)
			return row{}, err
		}},
		simple("POST /networks", 8, "8/s, 212 ms CPU", "2 ms CPU", func(ctx context.Context, n int64) error {
			_, err := c.ask(ctx, "POST", "/network/v2.0/networks", map[string]any{"network": map[string]any{"name": fmt.Sprint("b", n)}}, nil)
			return err
		}),
		simple("POST /ports", 8, "5/s, 310 ms CPU", "2 ms CPU", func(ctx context.Context, n int64) error {
			_, err := c.ask(ctx, "POST", "/network/v2.0/ports", map[string]any{"port": map[string]any{
				"name": fmt.Sprint("b", n), "network_id": network, "fixed_ips": []any{map[string]any{"subnet_id": subnet}}}}, nil)
			return err
		}),
		simple("GET /networks of one", 8, "24/s, 76 ms CPU", "", func(ctx context.Context, _ int64) error {
			_, err := c.ask(ctx, "GET", "/network/v2.0/networks?name=bench", nil, nil)
			return err
		}),
		{fmt.Sprintf("server to ACTIVE, %d fake hosts", c.hosts), func(ctx context.Context) (row, error) {
			return c.servers(ctx, network, serversMade)
		}},
		simple("GET /servers/detail of 1,000", 2, "1.08/s, 1,650 ms CPU", "8 ms CPU", get(fmt.Sprintf("/compute/v2.1/servers/detail?limit=%d", serversMade))),
	}
}
