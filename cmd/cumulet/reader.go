package main

import (
	"errors"
	"io"
	"math"
	"net/http"
	"os"
	"time"
)

// stretch is how much of an answer a caller must take while writing it waits for as long as the gateway is patient: a megabyte in
// four minutes, for the default of a minute. Who reads more slowly than that, or not at all, is left.
const stretch = 256 << 10

// patiently answers with h, but not to those who do not read.
func patiently(patience time.Duration, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		reader := &slowReader{ResponseWriter: w, connection: http.NewResponseController(w), patience: patience}
		_ = reader.connection.SetWriteDeadline(time.Time{}) // that of the answer before
		h.ServeHTTP(reader, r)
		reader.hurry() // what is still to be sent
	})
}

// slowReader is a caller who may take an answer as slowly as they like, as long as they take it.
type slowReader struct {
	http.ResponseWriter
	connection *http.ResponseController
	patience   time.Duration
	took       int
	waited     time.Duration
}

var _ io.ReaderFrom = (*slowReader)(nil) // as the ResponseWriter is, so that the kernel can do the copying

// Unwrap is for http.ResponseController.
func (s *slowReader) Unwrap() http.ResponseWriter { return s.ResponseWriter }

func (s *slowReader) hurry() {
	_ = s.connection.SetWriteDeadline(time.Now().Add(s.patience - s.waited))
}

// Write writes a stretch at a time.
func (s *slowReader) Write(b []byte) (written int, err error) {
	for {
		part := b[written:min(len(b), written+stretch)]
		n, err := s.timed(func() (int64, error) {
			n, err := s.ResponseWriter.Write(part)
			return int64(n), err
		})
		if written += int(n); err != nil || written == len(b) {
			return written, err
		}
	}
}

// ReadFrom is Write of all that r has.
func (s *slowReader) ReadFrom(r io.Reader) (written int64, err error) {
	whole, limited := r.(*io.LimitedReader)
	if !limited {
		whole = &io.LimitedReader{R: r, N: math.MaxInt64}
	}
	file, isFile := whole.R.(*os.File)
	if !isFile { // waiting for what is not there yet is not the caller's fault
		return io.Copy(struct{ io.Writer }{s}, r)
	}
	for whole.N > 0 {
		part := &io.LimitedReader{R: file, N: min(whole.N, stretch)} // a limit of a limit would hide the file from the kernel
		asked := part.N
		n, err := s.timed(func() (int64, error) { return io.Copy(s.ResponseWriter, part) })
		written, whole.N = written+n, whole.N-n
		if err != nil || n < asked {
			return written, err
		}
	}
	return written, nil
}

// timed lets one writing take what is left of the caller's time for a stretch.
func (s *slowReader) timed(write func() (int64, error)) (int64, error) {
	began := time.Now()
	s.hurry()
	n, err := write()
	s.waited += time.Since(began)
	if s.took += int(n); s.took >= stretch {
		s.took, s.waited = 0, 0
	}
	if s.waited > s.patience {
		err = errors.Join(err, http.ErrHandlerTimeout)
	}
	return n, err
}

// Flush is there for streams.
func (s *slowReader) Flush() {
	s.hurry()
	_ = s.connection.Flush() // who is gone is found out by the next writing
}
