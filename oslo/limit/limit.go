// Package limit admits one more of something, counted inside the transaction that inserts it, so that parallel requests
// cannot pass a quota together. It holds no limits of its own: services bring theirs, or ask keystone for them, which keeps
// limits for all services of a cloud (Keystone, Limits).
package limit

import (
	"context"
	"math"

	"cumulet/oslo/fault"
)

// Unlimited is the limit that admits all.
const Unlimited = -1

// Request asks to admit Delta more of a resource of which Used stands already counted in this transaction.
type Request struct {
	Resource    string
	Limit, Used int
	Delta       int
}

// Check gives the requests that do not fit. Delta of zero or less always fits.
func Check(requests ...Request) []Request {
	var over []Request
	for _, r := range requests {
		if r.Delta > 0 && r.Limit != Unlimited && (r.Used > math.MaxInt-r.Delta || r.Used+r.Delta > r.Limit) {
			over = append(over, r)
		}
	}
	return over
}

// Admit refuses with a fault of kind quota, made by say, when any request does not fit.
func Admit(_ context.Context, say func(over []Request) *fault.Fault, requests ...Request) error {
	if over := Check(requests...); len(over) > 0 {
		return say(over)
	}
	return nil
}
