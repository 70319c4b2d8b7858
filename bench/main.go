// Command bench measures cumulet in closed loops and prints tables: requests per second, latency, and the cloud's CPU time
// for each request, always beside a limit in the same run that no API can beat: a bare net/http server, a row into SQLite by
// hand, a guest made with libvirt directly. With -write it puts them into docs/benchmarks.md. It asserts nothing: machines
// differ and are busy, figures of one run compare.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"
)

// options are the command line's.
type options struct {
	binary, image, write string
	hosts, manyHosts     int
	span                 time.Duration
	limit, only          string
	validations          int64
}

func main() {
	var o options
	flag.StringVar(&o.binary, "cumulet", "bin/cumulet", "the binary that is measured")
	flag.StringVar(&o.image, "image", "bin/guest/cumulet-guest.qcow2", "the guest that is booted with the real driver")
	flag.IntVar(&o.hosts, "hosts", 100, "fake hosts")
	flag.IntVar(&o.manyHosts, "many-hosts", 1000, "fake hosts where they are many")
	flag.DurationVar(&o.span, "for", 4*time.Second, "how long each loop runs")
	flag.StringVar(&o.write, "write", "", "file that the tables are written to")
	flag.StringVar(&o.limit, "limit", "", "be the limit of that name, for another bench")
	flag.StringVar(&o.only, "only", "", "measure only one of: start requests identity images guests bus")
	flag.Int64Var(&o.validations, "validations", 100_000, "tokens validated while memory is looked at")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run measures everything and prints it.
func run(ctx context.Context, o options) error {
	if o.limit != "" {
		return serveLimit(o.limit)
	}
	r := results{began: time.Now(), load: load()}
	for _, part := range []struct {
		name    string
		measure func() error
	}{
		{"start", func() (err error) { r.start, err = measureStart(ctx, o.binary); return err }},
		{"requests", func() error { return r.measureHosts(ctx, o) }},
		{"identity", func() (err error) { r.identity, err = measureIdentity(ctx, o); return err }},
		{"images", func() (err error) { r.images, err = measureImages(ctx, o); return err }},
		{"guests", func() (err error) { r.guests, err = measureGuests(ctx, o.binary, o.image); return err }},
		{"bus", func() (err error) { r.rates, err = busRates(ctx); return err }},
	} {
		if o.only != "" && o.only != part.name {
			continue
		}
		if err := part.measure(); err != nil {
			return fmt.Errorf("measure %s: %w", part.name, err)
		}
	}
	text := r.report()
	if _, err := io.WriteString(os.Stdout, text); err != nil || o.write == "" {
		return err
	}
	return os.WriteFile(o.write, []byte(text), 0o644)
}

// measureHosts measures the APIs of a cloud with hosts, and how servers are made in one with many.
func (r *results) measureHosts(ctx context.Context, o options) (err error) {
	c, err := startCloud(ctx, o.binary, "fake", o.hosts, "")
	if err != nil {
		return err
	}
	r.rows, err = requests(ctx, c, o.span)
	if err := errors.Join(err, c.wipe()); err != nil {
		return err
	}
	many, err := startCloud(ctx, o.binary, "fake", o.manyHosts, "")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, many.wipe()) }()
	r.manyHosts = o.manyHosts
	network, _, err := many.makeNetwork(ctx)
	if err != nil {
		return err
	}
	if err := many.hasRoom(ctx, o.manyHosts); err != nil {
		return err
	}
	if r.manyIdle, r.manyBusy, err = idle(ctx, many.process); err != nil {
		return err
	}
	made, err := many.servers(ctx, network, serversOfMany)
	r.rows = append(r.rows, made)
	return err
}

func say(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }
