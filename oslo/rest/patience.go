package rest

import (
	"errors"
	"io"
	"os"
	"time"

	"cumulet/oslo/fault"
)

// hurry ends the reading of the request's body, wherever it is, when the API's patience does. Where there is no socket there
// is nothing to be patient with.
func (c *Call) hurry() { _ = c.connection.SetReadDeadline(time.Now().Add(c.api.Patience)) }

// rest takes the end away: a reading that times out while the handler works would look as if the caller had gone.
func (c *Call) rest() { _ = c.connection.SetReadDeadline(time.Time{}) }

// pace is how much of a streamed body must come while its reading waits for as long as the API is patient.
const pace = 64 << 10

// patient is a streamed body that may take as long as it likes, as long as it comes. Only waiting for it counts, not what is
// done with it between.
type patient struct {
	call   *Call
	came   int
	waited time.Duration
}

func (p *patient) Read(b []byte) (int, error) {
	began := time.Now()
	_ = p.call.connection.SetReadDeadline(began.Add(p.call.api.Patience - p.waited))
	n, err := p.call.Request.Body.Read(b)
	p.waited += time.Since(began)
	if p.came += n; p.came >= pace {
		p.came, p.waited = 0, 0
	}
	if errors.Is(err, io.EOF) {
		p.call.rest()
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		err = fault.New(fault.Invalid, "HTTPBadRequest", "The request's body stopped coming.").Because(err)
	}
	return n, err
}
