package telemetry

import (
	"log/slog"
	"sync"
	"time"
)

// Bounds and sizes of a record.
const (
	mostSpans  = 2000 // of one request in one process
	recordSize = 320  // bytes, by measuring
	spanSize   = 224
	attrSize   = 40
	unsettled  = 8 << 10     // bytes that a record may grow before the ring hears of it
	slow       = time.Second // a request with a span that took so long is worth a look
)

// class is how much a record is worth.
type class int

const (
	plain    class = iota // looked at something, quickly and well
	troubled              // failed, or was slow
	changed               // changed something
	classes
)

// record is what a process knows of one request.
type record struct {
	key string

	mu      sync.Mutex
	spans   []*span
	oldest  int // of the second half, which is a ring once the record is full
	dropped int
	running int
	size    int // bytes
	class   class
	project string
	gone    bool // the ring has given it up

	// The ring's, under its lock.
	lane    *lane
	counted int // bytes
	before  *record
	after   *record
}

// keep puts a span that begins into the record of its request.
func (w *work) keep(s *span) {
	for {
		r := w.record.Load()
		if r == nil {
			r = w.to.Tracer.ring.record(w.key())
			w.record.Store(r)
		}
		if r.add(s) {
			return
		}
		w.record.CompareAndSwap(r, nil)
	}
}

// add takes a span; false when the record is given up. Of a request with very many spans the first half and the newest stay.
func (r *record) add(s *span) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.gone {
		return false
	}
	s.record = r
	r.running++
	r.size += sizeOf(s)
	if len(r.spans) < mostSpans {
		r.spans = append(r.spans, s)
		return true
	}
	place := mostSpans/2 + r.oldest
	r.oldest = (r.oldest + 1) % (mostSpans / 2)
	r.size -= sizeOf(r.spans[place])
	r.spans[place] = s
	r.dropped++
	return true
}

// ended notes a span's end; false when it had ended before.
func (r *record) ended(s *span, took time.Duration, failure string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s.took != running {
		return false
	}
	s.took, s.failure = took, failure
	r.running--
	r.size += len(failure)
	if failure != "" || took > slow {
		r.class = max(r.class, troubled)
	}
	return true
}

func (r *record) note(s *span, attrs []slog.Attr) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(s.attributes)+len(attrs) > mostAttributes {
		return
	}
	r.size -= sizeOf(s)
	// The capacity is cut: the first ones are the caller's.
	s.attributes = append(s.attributes[:len(s.attributes):len(s.attributes)], attrs...)
	r.size += sizeOf(s)
}

func (r *record) rise(to class) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.class = max(r.class, to)
}

func (r *record) belongs(project string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.project == "" {
		r.project = project
	}
}

// standing is what the ring counts by.
func (r *record) standing() (size, running int, class class, project string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.size + recordSize, r.running, r.class, r.project
}

// told gives the record's spans; with a service's own id only where one of them bears it.
func (r *record) told(id, process string) []Span {
	r.mu.Lock()
	defer r.mu.Unlock()
	found := r.key == id
	for i := 0; !found && i < len(r.spans); i++ {
		found = r.spans[i].work.own == id
	}
	if !found {
		return nil
	}
	told := make([]Span, len(r.spans))
	for i, s := range r.spans {
		told[i] = s.told(process)
	}
	return told
}

// one gives one of its spans.
func (r *record) one(s *span, process string) Span {
	r.mu.Lock()
	defer r.mu.Unlock()
	return s.told(process)
}

func (r *record) giveUp() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.gone = true
}

// sizeOf estimates a span's bytes in memory.
func sizeOf(s *span) int {
	size := spanSize + len(s.failure) + len(s.attributes)*attrSize
	for _, a := range s.attributes {
		if a.Value.Kind() == slog.KindString {
			size += len(a.Value.String())
		}
	}
	return size
}
