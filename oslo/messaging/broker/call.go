package broker

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"time"

	"github.com/google/uuid"

	"cumulet/oslo/fault"
	"cumulet/oslo/messaging"
)

// Word is what a server may send to a caller.
type Word string

// The words.
const (
	Answered Word = ""       // the envelope is the answer
	Beat     Word = "beat"   // still at it
	Again    Word = "again"  // not taken, or given up: send it to another, or later
	Nobody   Word = "nobody" // the broker knows no server
)

// Calls are the calls of this process that wait for an answer.
type Calls struct {
	Silence time.Duration

	mu      sync.Mutex
	name    string
	last    uint64
	waiting map[string]*Waiting
	closed  bool
}

// Waiting is one call.
type Waiting struct {
	ID     string
	calls  *Calls
	beat   chan struct{}
	word   chan Word // Again, Nobody
	answer chan messaging.Envelope
	gone   chan struct{} // closed when the transport is
}

// Begin notes a call; End forgets it.
func (c *Calls) Begin() *Waiting {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.waiting == nil {
		c.waiting, c.name = map[string]*Waiting{}, uuid.NewString()
	}
	c.last++
	w := &Waiting{
		ID: c.name + "-" + strconv.FormatUint(c.last, 36), calls: c,
		beat: make(chan struct{}, 1), word: make(chan Word, 1), answer: make(chan messaging.Envelope, 1), gone: make(chan struct{}),
	}
	if c.closed {
		close(w.gone)
	} else {
		c.waiting[w.ID] = w
	}
	return w
}

// End forgets the call: what comes for it from now on is dropped.
func (w *Waiting) End() {
	w.calls.mu.Lock()
	defer w.calls.mu.Unlock()
	delete(w.calls.waiting, w.ID)
}

// Hear takes what came for a call; an answer to nobody is dropped.
func (c *Calls) Hear(id string, word Word, answer messaging.Envelope) {
	c.mu.Lock()
	w := c.waiting[id]
	c.mu.Unlock()
	if w == nil {
		return
	}
	switch word { // nothing here may block: a second word of a kind says nothing new
	case Answered:
		select {
		case w.answer <- answer:
		default:
		}
	case Beat:
		select {
		case w.beat <- struct{}{}:
		default:
		}
	default:
		select {
		case w.word <- word:
		default:
		}
	}
}

// Answer waits for the answer or for the word that there will be none.
func (w *Waiting) Answer(ctx context.Context, to messaging.Target) (messaging.Envelope, Word, error) {
	silent := time.NewTimer(w.calls.Silence)
	defer silent.Stop()
	for {
		select {
		case answer := <-w.answer:
			return answer, Answered, nil
		case <-w.beat:
			silent.Reset(w.calls.Silence)
		case word := <-w.word:
			return messaging.Envelope{}, word, nil
		case <-silent.C:
			return messaging.Envelope{}, Answered, fault.New(fault.Unavailable, "ServerLost",
				"The server of %s that was called is silent.", to)
		case <-w.gone:
			return messaging.Envelope{}, Answered, Closed()
		case <-ctx.Done():
			return messaging.Envelope{}, Answered, ctx.Err()
		}
	}
}

// Close ends every call that waits, and those to come.
func (c *Calls) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	for id, w := range c.waiting {
		close(w.gone)
		delete(c.waiting, id)
	}
}

// Closed is the fault of using a transport after its Close.
func Closed() error {
	return fault.New(fault.Unavailable, "NoServer", "The message bus is closed.")
}

// NoServer is the fault of a call that nobody is there to take.
func NoServer(to messaging.Target) error {
	return fault.New(fault.Unavailable, "NoServer", "No server listens on %s.", to)
}

// Away is the fault of a sender whose time ran out while the broker could not be reached.
func Away(why error) error {
	f := fault.New(fault.Unavailable, "BrokerAway", "The message broker cannot be reached.")
	if why == nil {
		return f
	}
	return f.Because(errors.New(why.Error())) // its text only: a deadline within is not the sender's
}

// TooLarge is the fault of a message beyond what the broker takes.
func TooLarge(m messaging.Envelope, size int) error {
	return fault.New(fault.TooLarge, "MessageTooLarge", "%s is a message of %d bytes, more than the broker takes.", m.Method, size)
}

// Pause waits, longer with every try, and tells whether ctx still runs.
func Pause(ctx context.Context, try int) bool {
	timer := time.NewTimer(min(10*time.Millisecond<<min(try, 10), time.Second))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
