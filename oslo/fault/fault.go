// Package fault is the one error that crosses processes: what a caller did wrong or cannot have, said once where it is
// known and carried through floors, bus and flows to the wire, where a service's dialect gives it a status and a body.
//
// It knows nothing of HTTP. An error that holds no Fault is a bug or a broken machine: callers see a bare 500.
package fault

import (
	"errors"
	"fmt"
)

// Kind says what sort of refusal a fault is; each service's dialect maps kinds to its statuses.
type Kind string

// The kinds of faults.
const (
	Invalid        Kind = "invalid"         // the request is malformed or senseless
	Unauthorized   Kind = "unauthorized"    // no valid credentials
	Forbidden      Kind = "forbidden"       // credentials do not allow it
	NotFound       Kind = "not-found"       // no such thing, or none the caller may see
	Gone           Kind = "gone"            // it was here, and is no more
	Conflict       Kind = "conflict"        // the state of things does not allow it
	Quota          Kind = "quota"           // a limit of the project is reached
	TooLarge       Kind = "too-large"       // the request is bigger than allowed
	Unsupported    Kind = "unsupported"     // a media type that is not taken
	NotAcceptable  Kind = "not-acceptable"  // a version or representation that is not given
	NotAllowed     Kind = "not-allowed"     // the method is not for this path
	Range          Kind = "range"           // the asked range is outside the data
	Unprocessable  Kind = "unprocessable"   // well formed, and still not to be done
	Precondition   Kind = "precondition"    // If-Match or generation does not hold
	NotImplemented Kind = "not-implemented" // the driver cannot do this
	Unavailable    Kind = "unavailable"     // a part needed is away; later may work
	Timeout        Kind = "timeout"         // a part needed did not answer in time
)

// Fault is a refusal with a public name and text and a private cause. It is JSON on the bus; the cause stays home.
type Fault struct {
	Kind Kind `json:"kind"`
	// Name is the API's own name of the fault, as upstream's exception ("NetworkNotFound").
	Name string `json:"name"`
	// Text is what the caller reads.
	Text string `json:"text"`
	// Details are further public members that some dialects show.
	Details map[string]any `json:"details,omitempty"`
	Cause   error          `json:"-"`
}

// New makes a fault whose text is formatted from format and args.
func New(kind Kind, name, format string, args ...any) *Fault {
	return &Fault{Kind: kind, Name: name, Text: fmt.Sprintf(format, args...)}
}

// Because returns a copy of f with its private cause.
func (f *Fault) Because(cause error) *Fault {
	c := *f
	c.Cause = cause
	return &c
}

// With returns a copy of f with one more public detail.
func (f *Fault) With(key string, value any) *Fault {
	c := *f
	c.Details = map[string]any{key: value}
	for k, v := range f.Details {
		if k != key {
			c.Details[k] = v
		}
	}
	return &c
}

func (f *Fault) Error() string {
	if f.Cause != nil {
		return f.Name + ": " + f.Text + ": " + f.Cause.Error()
	}
	return f.Name + ": " + f.Text
}

func (f *Fault) Unwrap() error { return f.Cause }

// Of returns the outermost fault in err's chain, or nil when err is none.
func Of(err error) *Fault {
	var f *Fault
	if errors.As(err, &f) {
		return f
	}
	return nil
}

// Is tells whether err is a fault of the given kind.
func Is(err error, kind Kind) bool {
	f := Of(err)
	return f != nil && f.Kind == kind
}
