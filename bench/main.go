// Command bench measures a cumulet with fake drivers in a closed loop and prints a table: requests per second, latency, and
// the cloud's CPU time for each request, beside a bare net/http server in the same run, which is what no API can beat.
// With -write it puts the table into docs/benchmarks.md. It asserts nothing: machines differ, figures of one run compare.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"
)

func main() {
	binary := flag.String("cumulet", "bin/cumulet", "the binary that is measured")
	hosts := flag.Int("hosts", 100, "fake hosts")
	span := flag.Duration("for", 5*time.Second, "how long each loop runs")
	write := flag.String("write", "", "file that the table is written to")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *binary, *hosts, *span, *write); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run measures everything and prints it.
func run(ctx context.Context, binary string, hosts int, span time.Duration, write string) error {
	c, err := startCloud(ctx, binary, hosts)
	if err != nil {
		return err
	}
	defer c.wipe()
	var rows []row
	for _, m := range measurements(c, span) {
		fmt.Fprintln(os.Stderr, "measuring", m.name)
		r, err := m.run(ctx)
		if err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
		rows = append(rows, r)
	}
	table := report(c, rows)
	if _, err := io.WriteString(os.Stdout, table); err != nil || write == "" {
		return err
	}
	return os.WriteFile(write, []byte(table), 0o644)
}
