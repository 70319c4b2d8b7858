package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"cumulet/cmd/cumulet/doctor"
)

type doctorCommand struct {
	Wait time.Duration `default:"5s" help:"How long a difference must last to be told: work under way makes some that pass."`
}

// Run compares what is recorded with what is there, and prints what is left over or missing.
func (d doctorCommand) Run(ctx context.Context, c *commands) error {
	config, err := loadConfig(c)
	if err != nil {
		return err
	}
	found, err := examination(ctx, dataDir(c.Data), config)
	if err != nil {
		return err
	}
	if len(found) > 0 && d.Wait > 0 {
		if found, err = d.lasting(ctx, found, func() ([]doctor.Finding, error) {
			return examination(ctx, dataDir(c.Data), config)
		}); err != nil {
			return err
		}
	}
	if len(found) == 0 {
		fmt.Println("All is as recorded.")
		return nil
	}
	if err := tell(os.Stdout, found); err != nil {
		return err
	}
	return exitStatus(1)
}

// lasting looks again until the wait is over, and keeps what was found each time.
func (d doctorCommand) lasting(ctx context.Context, found []doctor.Finding, look func() ([]doctor.Finding, error)) ([]doctor.Finding, error) {
	end := time.After(d.Wait)
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for last := false; len(found) > 0 && !last; {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-end:
			last = true
		case <-tick.C:
		}
		now, err := look()
		if err != nil {
			return nil, err
		}
		found = slices.DeleteFunc(found, func(f doctor.Finding) bool { return !slices.Contains(now, f) })
	}
	return found, nil
}

// tell prints findings by the place where they are.
func tell(w io.Writer, found []doctor.Finding) error {
	place := ""
	for _, f := range found {
		if f.Where != place {
			place = f.Where
			fmt.Fprintln(w, place)
		}
		fmt.Fprintf(w, "  %s\n", f.What)
	}
	_, err := fmt.Fprintf(w, "%d differences between what is recorded and what is there.\n", len(found))
	return err
}
