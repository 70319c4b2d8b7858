package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"cumulet/oslo/fault"
	"cumulet/oslo/flow"
)

// operationsCommand is about the operations of all services: what cumulet does step by step.
type operationsCommand struct {
	List   operationsList   `cmd:"" default:"withargs" help:"What is under way."`
	Show   operationsShow   `cmd:"" help:"One operation with its steps."`
	Retry  operationsRetry  `cmd:"" help:"Have an operation that pauses after a failure try again at once."`
	Cancel operationsCancel `cmd:"" help:"Have an operation stop at its next step and be undone."`
}

type operationsList struct {
	All  bool `help:"Those that have ended as well."`
	Last int  `help:"How many of each service's, of those that have ended." default:"100"`
	JSON bool `help:"As JSON."`
}

type operationsShow struct {
	ID   string `arg:"" help:"The operation's id, or how it begins."`
	JSON bool   `help:"As JSON."`
}

type operationsRetry struct {
	ID string `arg:"" help:"The operation's id, or how it begins."`
}

type operationsCancel struct {
	ID string `arg:"" help:"The operation's id, or how it begins."`
}

// Run lists the operations.
func (l operationsList) Run(ctx context.Context, c *commands) error {
	ended := 0
	if l.All {
		ended = l.Last
	}
	return withLedgers(ctx, c, func(all ledgers) error {
		found, err := all.read(ctx, ended)
		if l.JSON {
			return errors.Join(writeJSON(os.Stdout, found), err)
		}
		return errors.Join(writeOperations(os.Stdout, found, time.Now()), err)
	})
}

// Run shows one operation.
func (s operationsShow) Run(ctx context.Context, c *commands) error {
	return withLedgers(ctx, c, func(all ledgers) error {
		o, err := all.find(ctx, s.ID)
		if err != nil {
			return err
		}
		if s.JSON {
			return writeJSON(os.Stdout, o)
		}
		return o.write(os.Stdout, time.Now())
	})
}

// Run has one tried again.
func (r operationsRetry) Run(ctx context.Context, c *commands) error {
	return withLedgers(ctx, c, func(all ledgers) error {
		o, err := all.find(ctx, r.ID)
		if err != nil {
			return err
		}
		if err := flow.Retry(ctx, o.ledger.DB, o.ID); err != nil {
			return plain(err)
		}
		if o.Due == nil {
			fmt.Printf("%s does not pause after a failure: %s\n", o.ID, cmp.Or(o.waits(time.Now()), "it is taken up at once"))
			return nil
		}
		fmt.Printf("%s tries again: %s of %s %s\n", o.ID, o.Step, o.Flow, o.Resource)
		return nil
	})
}

// Run has one undone.
func (k operationsCancel) Run(ctx context.Context, c *commands) error {
	return withLedgers(ctx, c, func(all ledgers) error {
		o, err := all.find(ctx, k.ID)
		if err != nil {
			return err
		}
		if err := flow.Cancel(ctx, o.ledger.DB, o.ID); err != nil {
			return plain(err)
		}
		if o.Status == flow.Undoing {
			fmt.Printf("%s is being undone already: %s\n", o.ID, o.Error)
			return nil
		}
		fmt.Printf("%s stops at its next step and is undone: see `%s operations show %s`\n", o.ID, c.words(), o.ID)
		return nil
	})
}

// plain is what a fault says, without its name.
func plain(err error) error {
	if f := fault.Of(err); f != nil {
		return errors.New(f.Text)
	}
	return err
}

// operation is one with what its service and its flow tell of it.
type operation struct {
	Service string `json:"service"`
	flow.Operation
	Position int      `json:"position"` // of the step among the steps, from 1; 0 before the first and after the last was undone
	Steps    []string `json:"steps,omitempty"`
	Waits    string   `json:"waits,omitempty"`

	ledger ledger
}

// waits tells what has to happen for it to go on.
func (o operation) waits(now time.Time) string {
	owner, _, _ := strings.Cut(o.Owner, ":")
	if _, rest, ok := strings.Cut(o.Owner, ":"); ok { // a process is named by its host and number; the rest is for runners
		pid, _, _ := strings.Cut(rest, ":")
		owner += ":" + pid
	}
	switch {
	case o.Ended != nil:
		return ""
	case o.After != "":
		return "for " + o.After + ", which was there before"
	case o.LeaseUntil != nil && o.LeaseUntil.After(now):
		return fmt.Sprintf("%s works on it, lease until %s", owner, clockTime(*o.LeaseUntil))
	case o.LeaseUntil != nil:
		return fmt.Sprintf("for somebody to take it up: the lease of %s ran out at %s", owner, clockTime(*o.LeaseUntil))
	case o.Due != nil && o.Due.After(now):
		return "until " + clockTime(*o.Due) + ", to try again"
	}
	return "for somebody to take it up"
}

func clockTime(t time.Time) string { return t.Local().Format(time.DateTime) }

// step is how far it is: "2/5 ports".
func (o operation) step() string {
	switch {
	case o.Step == "":
		return "not begun"
	case o.Position == 0 || len(o.Steps) == 0:
		return o.Step
	}
	return fmt.Sprintf("%d/%d %s", o.Position, len(o.Steps), o.Step)
}

func writeOperations(w io.Writer, all []operation, now time.Time) error {
	if len(all) == 0 {
		_, err := fmt.Fprintln(w, "Nothing is under way.")
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "ID\tSERVICE\tFLOW\tRESOURCE\tSTATUS\tSTEP\tTRIES\tSINCE\tREQUEST\tWAITS\tERROR")
	for _, o := range all {
		status := string(o.Status)
		if o.Cancelled && o.Status == flow.Running {
			status = "cancelled"
		}
		fmt.Fprintln(t, strings.Join([]string{
			o.ID, o.Service, o.Flow, o.Resource, status, o.step(), fmt.Sprint(o.Tries), clockTime(o.Created), o.RequestID, o.waits(now), o.Error,
		}, "\t"))
	}
	return t.Flush()
}

// write shows one with its steps.
func (o operation) write(w io.Writer, now time.Time) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	line := func(name, value string) {
		if value != "" {
			fmt.Fprintf(t, "%s\t%s\n", name, value)
		}
	}
	line("id", o.ID)
	line("service", o.Service)
	line("flow", o.Flow)
	line("resource", o.Resource)
	line("request", o.RequestID)
	line("status", string(o.Status))
	if o.Cancelled {
		line("cancelled", "yes")
	}
	line("begun", clockTime(o.Created))
	line("recorded", clockTime(o.Updated))
	if o.Ended != nil {
		line("ended", clockTime(*o.Ended))
	}
	line("waits", o.waits(now))
	line("error", o.Error)
	for i, name := range o.Steps {
		line(fmt.Sprintf("step %d", i+1), name+"\t"+o.progress(i+1))
	}
	return t.Flush()
}

// progress tells how it stands with the step of a number, from 1. Where a step's undoing is told, those before it are yet to be
// undone and those after it are undone, if ever they were begun.
func (o operation) progress(n int) string {
	failures := ""
	if o.Tries > 0 {
		failures = fmt.Sprintf(", failed %d times", o.Tries)
	}
	switch {
	case o.Status == flow.Done, o.Status == flow.Running && n < o.Position:
		return "done"
	case o.Status == flow.Running && n == o.Position:
		return "begun" + failures
	case o.Status == flow.Undoing && n == o.Position:
		return "being undone" + failures
	case o.Status == flow.Undoing && n < o.Position:
		return "done, to be undone"
	case o.Status == flow.Undone, o.Status == flow.Undoing:
		return "undone"
	}
	return ""
}

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// placed puts the operation's step among its flow's.
func (o operation) placed(flows []flow.Definition, now time.Time) operation {
	for _, f := range flows {
		if f.Name == o.Flow {
			o.Steps = f.Steps()
			o.Position = slices.Index(o.Steps, o.Step) + 1
		}
	}
	o.Waits = o.waits(now)
	return o
}
