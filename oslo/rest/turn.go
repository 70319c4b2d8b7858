package rest

import (
	"context"
	"io"
	"net"
	"runtime"
	"sync"
	"time"

	"cumulet/oslo/fault"
)

// How much one caller (a project, or an address without a token) may have of an API at once, so that one who asks for
// everything leaves the others theirs.
const (
	atOnce       = 8         // requests that are worked on, more with many processors; others wait their turn
	bodiesOfOne  = 16 << 20  // bytes of bodies that came and are not done with
	bodiesOfAll  = 128 << 20 // of all callers
	largeBody    = 128 << 10 // bodies from here on are worked on two at a time: read, one takes fifty times its bytes
	largeAtOnce  = 2
	publicBody   = 112 << 10 // bytes of a body that comes without a token, as oslo_middleware's max_request_body_size
	loopbackHost = "127.0.0.1:0"
)

// turns shares an API among its callers.
type turns struct {
	most  int           // that one caller may have worked on
	large chan struct{} // a place for each large body

	mu     sync.Mutex
	bodies int64 // bytes of all
	of     map[string]*share
}

// share is what one caller has of an API now.
type share struct {
	working int
	waiting []chan struct{} // in the order of their coming
	bodies  int64
}

func newTurns() *turns {
	return &turns{most: max(atOnce, 4*runtime.GOMAXPROCS(0)), large: make(chan struct{}, largeAtOnce), of: map[string]*share{}}
}

// caller is who a request counts for; "" for what this process asks itself on behalf of a request that is counted already.
func (c *Call) caller() string {
	switch r := c.Request; {
	case r.RemoteAddr == loopbackHost:
		return ""
	case c.Who.ProjectID != "":
		return c.Who.ProjectID
	case c.Who.UserID != "":
		return c.Who.UserID
	default:
		host, _, _ := net.SplitHostPort(r.RemoteAddr)
		return "@" + host
	}
}

// keep notes n more bytes of a caller's bodies, negative for fewer; false when there is no room for them.
func (t *turns) keep(caller string, n int64) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.share(caller)
	if n > 0 && caller != "" && (s.bodies+n > bodiesOfOne || t.bodies+n > bodiesOfAll) {
		t.forget(caller, s)
		return false
	}
	s.bodies, t.bodies = s.bodies+n, t.bodies+n
	t.forget(caller, s)
	return true
}

// take waits for the caller's turn; it is over when done is called.
func (t *turns) take(ctx context.Context, caller string, body int, patience time.Duration) (done func(), err error) {
	if caller == "" {
		return func() {}, nil
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	if err := t.wait(ctx, caller, timer.C); err != nil {
		return nil, err
	}
	if body < largeBody {
		return func() { t.leave(caller) }, nil
	}
	select {
	case t.large <- struct{}{}:
		return func() { <-t.large; t.leave(caller) }, nil
	case <-timer.C:
		err = busy()
	case <-ctx.Done():
		err = ctx.Err()
	}
	t.leave(caller)
	return nil, err
}

func (t *turns) wait(ctx context.Context, caller string, late <-chan time.Time) error {
	t.mu.Lock()
	s := t.share(caller)
	if s.working < t.most {
		s.working++
		t.mu.Unlock()
		return nil
	}
	mine := make(chan struct{})
	s.waiting = append(s.waiting, mine)
	t.mu.Unlock()
	var err error
	select {
	case <-mine:
		return nil
	case <-late:
		err = busy()
	case <-ctx.Done():
		err = ctx.Err()
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for i, other := range s.waiting {
		if other == mine {
			s.waiting = append(s.waiting[:i], s.waiting[i+1:]...)
			return err
		}
	}
	return nil // it came in this very moment
}

// leave gives the place to who waits longest.
func (t *turns) leave(caller string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.share(caller)
	if len(s.waiting) > 0 {
		close(s.waiting[0])
		s.waiting = s.waiting[1:]
		return
	}
	s.working--
	t.forget(caller, s)
}

func (t *turns) share(caller string) *share {
	s := t.of[caller]
	if s == nil {
		s = &share{}
		t.of[caller] = s
	}
	return s
}

func (t *turns) forget(caller string, s *share) {
	if s.working == 0 && s.bodies == 0 && len(s.waiting) == 0 {
		delete(t.of, caller)
	}
}

func busy() error {
	return fault.New(fault.Unavailable, "TooManyRequests", "Too many of your requests wait for an answer. Try again later.")
}

// kept is a body that is noted as it comes.
type kept struct {
	from   io.Reader
	turns  *turns
	caller string
	bytes  int64 // noted so far
}

func (k *kept) Read(b []byte) (int, error) {
	n, err := k.from.Read(b)
	if !k.turns.keep(k.caller, int64(n)) {
		return 0, busy()
	}
	k.bytes += int64(n)
	return n, err
}

// done forgets it.
func (k *kept) done() { k.turns.keep(k.caller, -k.bytes) }
