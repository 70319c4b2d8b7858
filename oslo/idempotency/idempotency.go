// Package idempotency is what a request with an Idempotency-Key is to those who take part in answering it once: oslo/rest,
// which asks for it; oslo/idempotency/keeper, which keeps what became of it in the database that it changes; and who carries
// it from one to the other where they are two processes. It has no database and no HTTP.
//
// A request is taken up under a Hold before its handler runs. Every transaction that the handler makes writes the hold's row
// as well, so that a change is committed exactly when the row knows of it; and only while the hold is the latest. The answer
// is kept when there is one. Hence, when a process dies in between, the row tells whether anything was changed: if not, the
// request may run again; if so, it must not.
package idempotency

import (
	"context"
	"strings"

	"cumulet/oslo/fault"
)

// Request is a request with a key. All three are digests: neither keys nor bodies are kept.
type Request struct {
	// ID stands for who asks, where, and the key.
	ID string `json:"id"`
	// Caller stands for who asks.
	Caller string `json:"caller"`
	// Print stands for what is asked.
	Print string `json:"print"`
}

// Hold is the right to do a request. Who takes it over has a greater fence.
type Hold struct {
	ID    string `json:"id"`
	Fence int64  `json:"fence"`
}

// holdKey finds the hold of one keeper: a context comes along when one service of a process calls another.
type holdKey struct{ of any }

// WithHold has what is done under ctx with a keeper's database (of) be done under the hold.
func WithHold(ctx context.Context, of any, h Hold) context.Context {
	return context.WithValue(ctx, holdKey{of}, h)
}

// HoldOf gives the hold that ctx is under, if any.
func HoldOf(ctx context.Context, of any) (Hold, bool) {
	h, ok := ctx.Value(holdKey{of}).(Hold)
	return h, ok
}

// InUse is the name of the fault by which one is told to come again.
const InUse = "IdempotencyKeyInUse"

// Busy is the fault for a key whose request is being worked on.
func Busy() *fault.Fault {
	return fault.New(fault.Conflict, InUse, "A request with this Idempotency-Key is being worked on. Ask again for its answer.")
}

// Reused is the fault for a key that came with another request before.
func Reused() *fault.Fault {
	return fault.New(fault.Unprocessable, "IdempotencyKeyReused",
		"This Idempotency-Key was used for another request. Use a key of its own for each.")
}

// Lost is the fault for a request that was carried out, wholly or in part, and whose answer was lost with the process that
// worked on it. It names that request, and what it changed.
func Lost(requestID string, resources []string) *fault.Fault {
	text := "The request with this Idempotency-Key was begun as " + requestID + " and changed something, but its answer was lost. " +
		"See what there is before asking with another key."
	if len(resources) > 0 {
		text += " It changed: " + strings.Join(resources, ", ") + "."
	}
	return fault.New(fault.Conflict, "IdempotencyOutcomeUnknown", "%s", text)
}
