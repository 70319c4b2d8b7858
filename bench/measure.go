package main

import (
	"context"
	"errors"
	"fmt"
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
	cpu               time.Duration // of the measured process, per request
	reference, target string
}

// loop has clients do something one after the other for a while, and counts.
func loop(ctx context.Context, p process, clients int, span time.Duration, do func(ctx context.Context, n int64) error) (row, error) {
	before, err := p.cpu()
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
	after, err := p.cpu()
	if err := errors.Join(append(errs, err, ctx.Err())...); err != nil {
		return row{}, err
	}
	times := slices.Sorted(slices.Values(slices.Concat(took...)))
	count := len(times)
	return row{
		clients: clients, perSecond: float64(count) / elapsed.Seconds(), cpu: (after - before) / time.Duration(count),
		p50: times[count/2], p99: times[count*99/100],
	}, nil
}

// measurement is something to do again and again.
type measurement struct {
	name              string
	clients           int
	do                func(ctx context.Context, n int64) error
	of                process // whose processor time counts
	reference, target string
}

func (m measurement) run(ctx context.Context, span time.Duration) (row, error) {
	r, err := loop(ctx, m.of, m.clients, span, m.do)
	if err != nil {
		return r, fmt.Errorf("%s: %w", m.name, err)
	}
	r.name, r.reference, r.target = m.name, m.reference, m.target
	return r, nil
}

// requests measures the APIs of a cloud beside the limits; at its end there are serversMade servers.
func requests(ctx context.Context, c *cloud, span time.Duration) ([]row, error) {
	var rows []row
	run := func(m measurement) error {
		say("measuring %s", m.name)
		r, err := m.run(ctx, span)
		rows = append(rows, r)
		return err
	}
	for _, m := range []struct{ kind, name string }{
		{limitHTTP, "*limit:* net/http that answers nothing"}, {limitSQLite, "*limit:* net/http and one row into SQLite"},
	} {
		l, err := startLimit(ctx, m.kind)
		if err != nil {
			return nil, err
		}
		err = run(measurement{name: m.name, clients: 8, of: l.process, do: c.getting(l.url)})
		if err := errors.Join(err, l.stop()); err != nil {
			return nil, err
		}
	}
	network, subnet, err := c.makeNetwork(ctx)
	if err != nil {
		return nil, err
	}
	for _, m := range c.measurements(network, subnet) {
		if err := run(m); err != nil {
			return nil, err
		}
	}
	r, err := c.servers(ctx, network, serversMade)
	if err != nil {
		return nil, err
	}
	rows = append(rows, r)
	err = run(measurement{
		name: "GET /servers/detail of 1,000", clients: 2, of: c.process, reference: "1.08/s, 1,650 ms CPU", target: "8 ms CPU",
		do: c.getting(fmt.Sprintf("/compute/v2.1/servers/detail?limit=%d", serversMade)),
	})
	return rows, err
}

// getting gets a path, or a URL.
func (c *cloud) getting(path string) func(context.Context, int64) error {
	return func(ctx context.Context, _ int64) error {
		_, err := c.ask(ctx, "GET", path, nil, nil)
		return err
	}
}

// gettingAnew gets a path that has a query, each time by another address: no answer is kept of it.
func (c *cloud) gettingAnew(path string) func(context.Context, int64) error {
	return func(ctx context.Context, n int64) error {
		_, err := c.ask(ctx, "GET", fmt.Sprintf("%s&bench=%d", path, n), nil, nil)
		return err
	}
}

// posting posts what body makes.
func (c *cloud) posting(path string, body func(n int64) any) func(context.Context, int64) error {
	return func(ctx context.Context, n int64) error {
		_, err := c.ask(ctx, "POST", path, body(n), nil)
		return err
	}
}

// measurements is the table of what is asked.
func (c *cloud) measurements(network, subnet string) []measurement {
	byPassword := func(int64) any { return c.credentials() }
	byToken := func(int64) any {
		return map[string]any{"auth": map[string]any{"identity": map[string]any{
			"methods": []string{"token"}, "token": map[string]any{"id": c.token}}}}
	}
	ports := func(n int64) any {
		return map[string]any{"port": map[string]any{
			"name": fmt.Sprint("b", n), "network_id": network, "fixed_ips": []any{map[string]any{"subnet_id": subnet}}}}
	}
	networks := func(n int64) any { return map[string]any{"network": map[string]any{"name": fmt.Sprint("b", n)}} }
	list := []measurement{
		{name: "token issue, by a password used before", reference: "8.3/s, 235 ms CPU", target: "0.15 ms CPU",
			do: c.posting("/identity/v3/auth/tokens", byPassword)},
		{name: "token issue, by a token", target: "0.15 ms CPU", do: c.posting("/identity/v3/auth/tokens", byToken)},
		{name: "token validate", reference: "120/s, 15-21 ms CPU", target: "0.15 ms CPU", do: c.getting("/identity/v3/auth/tokens")},
		{name: "GET /projects", reference: "125/s, 12-18 ms CPU", do: c.getting("/identity/v3/projects")},
		{name: "GET /images", reference: "114/s, 16 ms CPU", do: c.getting("/image/v2/images")},
		{name: "POST /networks", reference: "8/s, 212 ms CPU", target: "2 ms CPU", do: c.posting("/network/v2.0/networks", networks)},
		{name: "POST /ports", reference: "5/s, 310 ms CPU", target: "2 ms CPU", do: c.posting("/network/v2.0/ports", ports)},
		{name: "GET /networks of one", reference: "24/s, 76 ms CPU", do: c.getting("/network/v2.0/networks?name=bench")},
	}
	for i := range list {
		list[i].clients, list[i].of = 8, c.process
	}
	return list
}
