package collect

import (
	"cmp"
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"cumulet/oslo/messaging"
	"cumulet/oslo/telemetry"
	"cumulet/oslo/telemetry/tree"
)

// Topic is where processes ask one another for spans.
const Topic = "telemetry"

// spansWanted asks every process for its spans of a request.
type spansWanted struct {
	Question  string `json:"question"`
	RequestID string `json:"request_id"`
	Asker     string `json:"asker"`
}

func (spansWanted) Method() string { return "spans_wanted" }

// spansTold is an answer, or a part of one.
type spansTold struct {
	Question string           `json:"question"`
	Process  string           `json:"process"`
	Spans    []telemetry.Span `json:"spans,omitempty"`
	More     bool             `json:"more,omitempty"` // other parts follow
}

func (spansTold) Method() string { return "spans_told" }

const (
	// part is how many spans go in one message.
	part = 200
	// most bounds the spans of one answer to an operator.
	most = 20_000
	// answerTimeout bounds the telling of one part.
	answerTimeout = 5 * time.Second
)

// Collector is one process's: it answers others, and asks them.
type Collector struct {
	Bus    *messaging.Bus
	Tracer *telemetry.Tracer
	// Process is this process's name on the bus, which no other has and which stays the same when it starts anew.
	Process string
	Log     *slog.Logger
	// Quiet is how long nobody may answer before one stops waiting, 300 ms when zero; Most bounds the wait, 3 s when zero.
	Quiet, Most time.Duration

	mu      sync.Mutex
	waiting map[string]chan spansTold // by question
	others  map[string]bool           // the processes that answered the last question
}

// Run answers other processes until ctx ends.
func (c *Collector) Run(ctx context.Context, ready func()) error {
	s := &messaging.Server{Bus: c.Bus, Topic: Topic, Host: c.Process, Workers: 4, Log: c.Log}
	messaging.Take(s, c.tell)
	messaging.Take(s, c.hear)
	return s.Run(ctx, ready)
}

// tell answers a question with what this process knows.
func (c *Collector) tell(ctx context.Context, q spansWanted) error {
	if q.Asker == c.Process {
		return nil
	}
	spans := c.Tracer.Spans(q.RequestID)
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	for {
		n := min(len(spans), part)
		told := spansTold{Question: q.Question, Process: c.Process, Spans: spans[:n], More: n < len(spans)}
		if _, err := messaging.Call[struct{}](ctx, c.Bus, messaging.Topic(Topic).On(q.Asker), told); err != nil {
			c.Log.DebugContext(ctx, "who asked for spans does not hear", "asker", q.Asker, "error", err)
			return nil
		}
		if spans = spans[n:]; len(spans) == 0 {
			return nil
		}
	}
}

// hear takes an answer; one that comes late only tells that the process is there.
func (c *Collector) hear(ctx context.Context, told spansTold) error {
	c.mu.Lock()
	waiting := c.waiting[told.Question]
	if waiting == nil && !told.More && c.others != nil {
		c.others[told.Process] = true
	}
	c.mu.Unlock()
	if waiting != nil {
		select {
		case waiting <- told:
		case <-ctx.Done():
		}
	}
	return nil
}

// Trace gathers what is known of a request by its id: the global one, or that of a service's own request for it.
func (c *Collector) Trace(ctx context.Context, requestID string) (Trace, error) {
	t, err := c.ask(ctx, requestID)
	if err == nil && len(t.Spans) > 0 && t.Spans[0].RequestID != requestID { // others know it by its other name
		t, err = c.ask(ctx, t.Spans[0].RequestID)
	}
	return t, err
}

// Trace is what is known of one request.
type Trace struct {
	RequestID string `json:"request_id"`
	// Ended tells that nothing is under way for it any more, as far as can be seen.
	Ended     bool             `json:"ended"`
	Processes int              `json:"processes"` // that were asked and answered
	Spans     []telemetry.Span `json:"spans"`     // by their start
}

func (c *Collector) ask(ctx context.Context, requestID string) (Trace, error) {
	question, answers := uuid.NewString(), make(chan spansTold, 64)
	expected := c.expect(question, answers)
	defer c.forget(question)
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(c.Most, 3*time.Second))
	defer cancel()
	t := Trace{RequestID: requestID, Spans: c.Tracer.Spans(requestID)}
	ask := spansWanted{Question: question, RequestID: requestID, Asker: c.Process}
	if err := messaging.Fanout(ctx, c.Bus, Topic, ask); err != nil {
		return t, err
	}
	answered := c.gather(ctx, &t, answers, expected)
	c.mu.Lock()
	c.others = answered
	c.mu.Unlock()
	t.Processes = 1 + len(answered)
	slices.SortStableFunc(t.Spans, func(a, b telemetry.Span) int { return a.Start.Compare(b.Start) })
	t.Ended = tree.Ended(t.Spans)
	return t, nil
}

// gather takes answers until all that are expected came, nobody answers, or ctx ends; it gives who did.
func (c *Collector) gather(ctx context.Context, t *Trace, answers <-chan spansTold, expected map[string]bool) map[string]bool {
	answered := map[string]bool{}
	quiet := time.NewTimer(cmp.Or(c.Quiet, 300*time.Millisecond))
	defer quiet.Stop()
	for missing := len(expected); missing > 0 || len(expected) == 0; {
		select {
		case told := <-answers:
			quiet.Reset(cmp.Or(c.Quiet, 300*time.Millisecond))
			t.Spans = append(t.Spans, told.Spans[:min(len(told.Spans), most-len(t.Spans))]...)
			if !told.More && !answered[told.Process] {
				answered[told.Process] = true
				if expected[told.Process] {
					missing--
				}
			}
		case <-quiet.C:
			return answered
		case <-ctx.Done():
			return answered
		}
	}
	return answered
}

func (c *Collector) expect(question string, answers chan spansTold) map[string]bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.waiting == nil {
		c.waiting = map[string]chan spansTold{}
	}
	c.waiting[question] = answers
	return maps.Clone(c.others)
}

func (c *Collector) forget(question string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.waiting, question)
}
