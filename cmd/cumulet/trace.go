package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/gophercloud/gophercloud/v2"
	"golang.org/x/sys/unix"

	"cumulet/oslo/telemetry"
	"cumulet/oslo/telemetry/collect"
	"cumulet/oslo/telemetry/tree"
)

type traceCommand struct {
	Request string `arg:"" name:"request-id" help:"The request's id, as X-Openstack-Request-Id tells it: req-…"`
	Follow  bool   `short:"f" help:"Go on while the request's work is under way."`
	JSON    bool   `name:"json" help:"Print what is known as JSON."`
	All     bool   `short:"a" help:"Print every attribute."`
}

// follower says how often a trace under way is looked at, and how long nothing may have been under way for the request to be taken for
// ended: agents wire after a while.
type follower struct{ every, quiet time.Duration }

// Run prints the tree of one request.
func (t traceCommand) Run(ctx context.Context, c *commands) error {
	if !telemetry.ValidRequestID(t.Request) {
		return fmt.Errorf("%q is no request id: an answer's X-Openstack-Request-Id tells it, req-… ", t.Request)
	}
	from, err := operatorTraces(ctx, dataDir(c.Data))
	if err != nil {
		return err
	}
	if !t.Follow {
		found, err := from.trace(ctx, t.Request)
		if err != nil {
			return err
		}
		return t.print(os.Stdout, found, width(os.Stdout))
	}
	return t.follow(ctx, from, os.Stdout, follower{every: time.Second, quiet: 2 * time.Second})
}

// follow draws the tree anew on a terminal as it grows; elsewhere it prints it once it is whole.
func (t traceCommand) follow(ctx context.Context, from *traces, out *os.File, pace follower) error {
	ticker := time.NewTicker(pace.every)
	defer ticker.Stop()
	wide := width(out)
	quiet, known := time.Duration(0), -1
	for {
		found, err := from.trace(ctx, t.Request)
		if err != nil && (known >= 0 || !gophercloud.ResponseCodeIs(err, http.StatusNotFound)) {
			return err
		}
		if n := len(found.Spans); !found.Ended || n != known {
			quiet, known = 0, n
		}
		if wide > 0 && !t.JSON {
			fmt.Fprint(out, "\x1b[H\x1b[2J") // home, clear
			if err := t.print(out, found, wide); err != nil {
				return err
			}
		}
		if quiet >= pace.quiet {
			if wide > 0 && !t.JSON {
				return nil
			}
			return t.print(out, found, wide)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			quiet += pace.every
		}
	}
}

func (t traceCommand) print(w io.Writer, found collect.Trace, width int) error {
	if t.JSON {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(found)
	}
	state := "ended"
	if !found.Ended {
		state = "under way"
	}
	processes := "1 process"
	if found.Processes != 1 {
		processes = fmt.Sprintf("%d processes", found.Processes)
	}
	if _, err := fmt.Fprintf(w, "%s  %s  %d spans of %s\n", found.RequestID, state, len(found.Spans), processes); err != nil {
		return err
	}
	return tree.Drawing{Width: width, All: t.All}.Draw(w, tree.Build(found.Spans))
}

// width is a terminal's, in characters; 0 for what is no terminal.
func width(f *os.File) int {
	size, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	if err != nil {
		return 0
	}
	return int(size.Col)
}

// traces asks a cloud for traces, as its administrator.
type traces struct {
	provider *gophercloud.ProviderClient
	url      string
}

func operatorTraces(ctx context.Context, d dataDir) (*traces, error) {
	o, err := signIn(ctx, d)
	if err != nil {
		return nil, err
	}
	return &traces{o.provider, o.url + tracePrefix + "/"}, nil
}

func (t *traces) trace(ctx context.Context, id string) (collect.Trace, error) {
	var answer struct {
		Trace collect.Trace `json:"trace"`
	}
	_, err := t.provider.Request(ctx, http.MethodGet, t.url+id, &gophercloud.RequestOpts{JSONResponse: &answer, OkCodes: []int{http.StatusOK}})
	var refused gophercloud.ErrUnexpectedResponseCode
	if errors.As(err, &refused) {
		if said := sentence(refused.Body); said != "" {
			return answer.Trace, fmt.Errorf("%s%w", said, unsaid{err})
		}
	}
	return answer.Trace, err
}

// unsaid is a cause that is there to be looked at, and not to be read: it says nothing beside what was said.
type unsaid struct{ error }

func (unsaid) Error() string   { return "" }
func (u unsaid) Unwrap() error { return u.error }
