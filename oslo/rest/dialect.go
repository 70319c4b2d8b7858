package rest

import (
	"fmt"
	"net/http"

	"cumulet/oslo/fault"
)

// Dialect is how a service words its refusals. It is the only place with statuses.
type Dialect struct {
	// Status gives the kinds a status other than the usual, by the fault's kind; Named by the fault's name, which goes first.
	Status map[fault.Kind]int
	Named  map[string]int
	// Body is the JSON of a refusal.
	Body func(c *Call, status int, f *fault.Fault) any
	// Schema words what a body has wrong; a plain sentence when nil.
	Schema func(e SchemaError) *fault.Fault
	// Refusal is the text for a rule that said no.
	Refusal func(rule string) string
	// Unauthorized, where set, replaces the text and headers of a 401 (keystonemiddleware's for all but keystone).
	Unauthorized func(c *Call, h http.Header) any
}

// usual are the statuses of kinds where a service says nothing else.
var usual = map[fault.Kind]int{
	fault.Invalid: 400, fault.Unauthorized: 401, fault.Forbidden: 403, fault.NotFound: 404, fault.NotAllowed: 405,
	fault.NotAcceptable: 406, fault.Timeout: 504, fault.Conflict: 409, fault.Gone: 410, fault.Precondition: 412,
	fault.TooLarge: 413, fault.Unsupported: 415, fault.Range: 416, fault.Unprocessable: 422, fault.Quota: 403,
	fault.NotImplemented: 501, fault.Unavailable: 503,
}

// status is the HTTP status of a fault in this dialect.
func (d *Dialect) status(f *fault.Fault) int {
	if s, ok := d.Named[f.Name]; ok {
		return s
	}
	if s, ok := d.Status[f.Kind]; ok {
		return s
	}
	if s, ok := usual[f.Kind]; ok {
		return s
	}
	return http.StatusInternalServerError
}

func (d *Dialect) refusal(rule string) string {
	if d.Refusal != nil {
		return d.Refusal(rule)
	}
	return fmt.Sprintf("Policy doesn't allow %s to be performed.", rule)
}
