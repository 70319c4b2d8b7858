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

// patient is a streamed body that may take as long as it likes, as long as it comes.
type patient struct{ call *Call }

func (p patient) Read(b []byte) (int, error) {
	p.call.hurry()
	n, err := p.call.Request.Body.Read(b)
	if errors.Is(err, io.EOF) {
		p.call.rest()
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		err = fault.New(fault.Invalid, "HTTPBadRequest", "The request's body stopped coming.").Because(err)
	}
	return n, err
}
