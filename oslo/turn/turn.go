// Package turn lets what waits for a part elsewhere stand aside: a request is worked on in its caller's turn, which others of that caller
// wait for (oslo/rest), and what may hang, as a company's directory, should hold up those who need it only.
package turn

import (
	"context"
	"errors"
)

// Turn is a caller's turn while a request of theirs is worked on.
type Turn interface {
	// Step gives the turn away, and tells whether it was held.
	Step() bool
	// Back waits for the turn again.
	Back(ctx context.Context) error
}

type key struct{}

// With is ctx with the turn in which a request is worked on.
func With(ctx context.Context, t Turn) context.Context { return context.WithValue(ctx, key{}, t) }

// Aside does what waits for a part elsewhere without keeping the turn meanwhile.
func Aside(ctx context.Context, do func() error) error {
	t, ok := ctx.Value(key{}).(Turn)
	if !ok || !t.Step() {
		return do()
	}
	return errors.Join(do(), t.Back(ctx))
}
