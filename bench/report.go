package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"time"
)

// report is the table as Markdown.
func report(c *cloud, rows []row) string {
	var b strings.Builder
	fmt.Fprintf(&b, `# Benchmarks

Printed by `+"`make bench`"+` on %d processors (%s): one process with fake drivers on SQLite and the memory bus, a closed loop over
loopback, the load generator on the same processors. CPU is the cloud's process's for each request. Figures of one run compare with each
other; the reference is OpenStack Zed (Debian 12's packages) on a machine of the same kind, the target what we reach for.

| | |
|---|---|
| first start to all APIs answering | %.2f s |
| second start | %.2f s |
| memory when idle (PSS, %d fake hosts) | %.0f MiB |

| what | clients | per second | p50 | p99 | CPU each | the reference | target |
|---|---|---|---|---|---|---|---|
`, runtime.NumCPU(), runtime.Version(), c.cold.Seconds(), c.warm.Seconds(), c.hosts, float64(c.idle)/(1<<20))
	for _, r := range rows {
		if r.name == "" {
			continue
		}
		fmt.Fprintf(&b, "| %s | %d | %.0f | %s | %s | %s | %s | %s |\n",
			r.name, r.clients, r.perSecond, milliseconds(r.p50), milliseconds(r.p99), milliseconds(r.cpu), r.reference, r.target)
	}
	return b.String()
}

func milliseconds(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return fmt.Sprintf("%.2f ms", float64(d)/float64(time.Millisecond))
}

// upload sends bytes as they are.
func (c *cloud) upload(ctx context.Context, path string, content []byte) (http.Header, error) {
	r, err := http.NewRequestWithContext(ctx, "PUT", "http://"+c.listen+path, bytes.NewReader(content))
	if err != nil {
		return nil, err
	}
	r.Header.Set("X-Auth-Token", c.token)
	r.Header.Set("Content-Type", "application/octet-stream")
	res, err := c.client.Do(r)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode/100 != 2 {
		err = fmt.Errorf("PUT %s: %d %.300s", path, res.StatusCode, b)
	}
	return res.Header, err
}
