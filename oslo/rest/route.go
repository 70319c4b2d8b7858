package rest

import (
	"context"
	"encoding/json"
	"io"
	"net/http"

	"cumulet/oslo/fault"
)

// Public is the Rule of a route that needs no token.
const Public = "@public"

// Route is one line of an API's table.
type Route struct {
	// Do is the method and the path with its variables: "GET /v2.0/networks/{id}"; a last "{name...}" takes the rest.
	Do string
	// Rule names the policy rule that the handler must have authorized before it answers well, or Public.
	Rule string
	// Min and Max bound the microversions that have this route; zero is unbounded. Two routes with the same Do and
	// windows that do not overlap may stand in one table.
	Min, Max Version
	// In holds the body's schemas, Query those of the query string (as an object of arrays of strings).
	In, Query Schemas
	// Status of a good answer; the handler may set another with Call.SetStatus.
	Status int
	// MaxBody bounds the body in bytes; the API's bound when zero, none when negative (streams).
	MaxBody int64
	// Unkept has an Idempotency-Key be ignored: the answer is a secret that no database shall hold.
	Unkept bool
	Run    Handler

	span string // what a request is called in a trace
}

// Handler does what a route promises. Its value is the answer: nil for no body, *Stream for bytes, else JSON.
type Handler func(ctx context.Context, c *Call) (any, error)

// JSON makes a handler of a function that takes the decoded body.
func JSON[In, Out any](run func(ctx context.Context, c *Call, in In) (Out, error)) Handler {
	return func(ctx context.Context, c *Call) (any, error) {
		var in In
		if err := json.Unmarshal(c.Raw, &in); err != nil {
			return nil, fault.New(fault.Invalid, "MalformedRequestBody", "Malformed request body: %s", bodyError(err))
		}
		return run(ctx, c, in)
	}
}

// Get makes a handler of a function without a body that answers something.
func Get[Out any](run func(ctx context.Context, c *Call) (Out, error)) Handler {
	return func(ctx context.Context, c *Call) (any, error) { return run(ctx, c) }
}

// Do makes a handler of a function that answers nothing.
func Do(run func(ctx context.Context, c *Call) error) Handler {
	return func(ctx context.Context, c *Call) (any, error) { return nil, run(ctx, c) }
}

// Act makes a handler of a function that takes the decoded body and answers nothing.
func Act[In any](run func(ctx context.Context, c *Call, in In) error) Handler {
	return JSON(func(ctx context.Context, c *Call, in In) (any, error) { return nil, run(ctx, c, in) })
}

// Stream is an answer of bytes. Body is closed after it was sent.
type Stream struct {
	Type   string // Content-Type
	Length int64  // in bytes; -1 when unknown
	Header http.Header
	Body   io.ReadCloser
}

// Optional is a member of a body that may be absent, null, or a value.
type Optional[T any] struct {
	Set   bool // it stood in the body
	Null  bool
	Value T
}

// UnmarshalJSON is called only for members that stand in the body.
func (o *Optional[T]) UnmarshalJSON(b []byte) error {
	o.Set = true
	if string(b) == "null" {
		o.Null = true
		return nil
	}
	return json.Unmarshal(b, &o.Value)
}
