package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"

	"cumulet/oslo/service"
)

func TestProgressIsFollowedToItsEnd(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ progress, shown, fails string }{
		"ready":  {"making flavors\nREADY\nlater\n", "making flavors", ""},
		"failed": {"making flavors\nFAILED port taken; oh\n", "making flavors", "port taken; oh"},
		"died":   {"making flavors\n", "making flavors", "ended before it was up"},
		"silent": {"", "", "ended before it was up"},
	} {
		var out bytes.Buffer
		err := follow(strings.NewReader(c.progress), &out, "/the/log")
		switch {
		case c.fails == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case c.fails != "" && (err == nil || !strings.Contains(err.Error(), c.fails) || !strings.Contains(err.Error(), "/the/log")):
			t.Errorf("%s: %v", name, err)
		}
		if !strings.Contains(out.String(), c.shown) || strings.Contains(out.String(), "later") {
			t.Errorf("%s: shown is %q", name, out.String())
		}
	}
}

func TestUpRefusesWhatCouldOnlyFailLater(t *testing.T) {
	t.Parallel()
	d, fakes := newData(t), defaultConfig()
	fakes.Drivers = fakeDrivers
	if err := (upCommand{NoImage: true}).check(d, fakes); err == nil || !strings.Contains(err.Error(), "--no-demo") {
		t.Errorf("a demo without its image: %v", err)
	}
	missing := upCommand{Image: d.path("none.qcow2")}
	if err := missing.check(d, fakes); err == nil || !strings.Contains(err.Error(), "none.qcow2") {
		t.Errorf("an image that is not there: %v", err)
	}
	if err := os.WriteFile(d.seedFile(), []byte("done:\n  image: true\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := missing.check(d, fakes); err != nil {
		t.Errorf("once the image is registered its file is needed no more: %v", err)
	}
	fakes.Glance.ReserveBytes = 1 << 60
	if err := (upCommand{NoDemo: true, Image: "/dev/null"}).check(newData(t), fakes); err == nil || !strings.Contains(err.Error(), "make room") {
		t.Errorf("a disk that is too full: %v", err)
	}
	if err := os.WriteFile(d.seedFile(), []byte("done: ["), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := missing.check(d, fakes); err == nil || !strings.Contains(err.Error(), "seed.yaml is damaged") {
		t.Errorf("a damaged seed.yaml: %v", err)
	}
}

func TestDemoOnceMadeStays(t *testing.T) {
	t.Parallel()
	d := newData(t)
	if (upCommand{NoDemo: true}).withDemo(d) || !(upCommand{}).withDemo(d) {
		t.Error("a new cloud has the demo exactly when it is asked for")
	}
	who := account{Username: "demo"}
	if err := d.writeAccounts(who, &who); err != nil {
		t.Fatal(err)
	}
	if !(upCommand{NoDemo: true}).withDemo(d) {
		t.Error("--no-demo takes the demo's account out of clouds.yaml")
	}
}

// Who stops a cloud while it begins did not break it: a unit that is stopped so has not failed.
func TestBeingStoppedWhileStartingIsNoFailure(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	for name, x := range map[string]struct {
		stopped bool
		err     error
		want    error
	}{
		"stopped":                  {true, fmt.Errorf("waiting for a login: %w", context.Canceled), nil},
		"broken":                   {false, broken, broken},
		"broken, and then stopped": {true, broken, broken},
		"gave up by itself":        {false, context.Canceled, context.Canceled},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			log := slog.New(slog.DiscardHandler)
			p := &process{log: log, gateway: newGateway(nil), group: &service.Group{Log: log}}
			l, err := listen("127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			err = p.serve(ctx, l, func() error {
				if x.stopped {
					stop()
				}
				return x.err
			})
			if !errors.Is(err, x.want) {
				t.Errorf("%v, want %v", err, x.want)
			}
		})
	}
}
