package service

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// revertDeadline bounds the undoing, which runs on when the caller's context has ended.
const revertDeadline = time.Minute

type revertStep struct {
	name string
	undo func(context.Context) error
}

// Add notes how to undo what was just done; what names it in errors ("delete tap").
func (r *Revert) Add(what string, undo func(ctx context.Context) error) {
	r.steps = append(r.steps, revertStep{what, undo})
}

// OnError is deferred: it undoes everything when *err is an error, or on a panic, which then goes on. What cannot be
// undone is joined to *err. It does not heed ctx's end.
func (r *Revert) OnError(ctx context.Context, err *error) {
	if p := recover(); p != nil {
		//nolint:errcheck // the panic is what there is to tell
		r.Run(ctx)
		panic(p)
	}
	if *err == nil {
		return
	}
	if failed := r.Run(ctx); failed != nil {
		*err = errors.Join(*err, failed)
	}
}

// Run undoes everything noted, the newest first, and forgets it. A failure does not keep it from undoing the rest.
func (r *Revert) Run(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), revertDeadline)
	defer cancel()
	var errs []error
	for i := len(r.steps) - 1; i >= 0; i-- {
		if err := r.steps[i].undo(ctx); err != nil {
			errs = append(errs, fmt.Errorf("undo: %s: %w", r.steps[i].name, err))
		}
	}
	r.steps = nil
	return errors.Join(errs...)
}
