package telemetry

import (
	"slices"
	"sync"
)

// Ring keeps the spans of a process, request by request, in a bounded part of its memory. When that is full the oldest request
// goes; but requests that changed something, those that failed or were slow, and those that only looked have parts of their own,
// so that none of them crowds out another, and within a part the project that has most of it gives first.
type Ring struct {
	mu      sync.Mutex
	records map[string]*record
	parts   [classes]part
}

// part is the records of a class.
type part struct {
	most, size int // bytes
	lanes      map[string]*lane
}

// lane is the records of a project in a part, a list by their last activity.
type lane struct {
	part        *part
	project     string
	size        int
	first, last *record
}

// NewRing makes a ring that keeps spans in about so many bytes.
func NewRing(bytes int) *Ring {
	r := &Ring{records: map[string]*record{}}
	for class, share := range [classes]int{plain: 20, troubled: 20, changed: 60} {
		r.parts[class] = part{most: bytes / 100 * share, lanes: map[string]*lane{}}
	}
	return r
}

// Spans gives the kept spans of a request, by their start. id may be the global request id, or that of a service's own request for it.
func (r *Ring) Spans(id string) []Span { return r.spans(id, "") }

func (r *Ring) spans(id, process string) []Span {
	var found []Span
	for _, record := range r.named(id) {
		found = append(found, record.told(id, process)...)
	}
	slices.SortStableFunc(found, func(a, b Span) int { return a.Start.Compare(b.Start) })
	return found
}

// named are the records to look into for an id.
func (r *Ring) named(id string) []*record {
	r.mu.Lock()
	defer r.mu.Unlock()
	if one := r.records[id]; one != nil {
		return []*record{one}
	}
	all := make([]*record, 0, len(r.records))
	for _, one := range r.records {
		all = append(all, one)
	}
	return all
}

// record gives the record of a request, which may begin.
func (r *Ring) record(key string) *record {
	r.mu.Lock()
	defer r.mu.Unlock()
	one := r.records[key]
	if one == nil {
		one = &record{key: key}
		r.records[key] = one
		r.parts[plain].put(one, "", recordSize)
	}
	return one
}

// settle counts a record that has come to rest or grown much, and makes room.
func (r *Ring) settle(one *record) {
	size, running, class, project := one.standing()
	r.mu.Lock()
	defer r.mu.Unlock()
	if one.lane == nil || running > 0 && size-one.counted < unsettled {
		return
	}
	one.lane.take(one)
	to := &r.parts[class]
	to.put(one, project, size)
	for to.size > to.most {
		victim := to.victim()
		if victim == nil {
			return
		}
		victim.lane.take(victim)
		delete(r.records, victim.key)
		victim.giveUp()
	}
}

// put takes a record in as the newest.
func (p *part) put(one *record, project string, size int) {
	l := p.lanes[project]
	if l == nil {
		l = &lane{part: p, project: project}
		p.lanes[project] = l
	}
	one.lane, one.counted, one.before, one.after = l, size, l.last, nil
	if l.last != nil {
		l.last.after = one
	} else {
		l.first = one
	}
	l.last = one
	l.size += size
	p.size += size
}

// take takes a record out.
func (l *lane) take(one *record) {
	if one.before != nil {
		one.before.after = one.after
	} else {
		l.first = one.after
	}
	if one.after != nil {
		one.after.before = one.before
	} else {
		l.last = one.before
	}
	one.lane, one.before, one.after = nil, nil, nil
	l.size -= one.counted
	l.part.size -= one.counted
	if l.first == nil {
		delete(l.part.lanes, l.project)
	}
}

// patience is how many records under way are passed over in search of one that is at rest.
const patience = 32

// victim is the oldest record of the largest lane; one that is under way only where there are many such.
func (p *part) victim() *record {
	var largest *lane
	for _, l := range p.lanes {
		if largest == nil || l.size > largest.size {
			largest = l
		}
	}
	if largest == nil {
		return nil
	}
	one := largest.first
	for range patience {
		if one == nil {
			break
		}
		if _, running, _, _ := one.standing(); running == 0 {
			return one
		}
		one = one.after
	}
	return largest.first
}

// Kept is how much a ring holds.
type Kept struct{ Requests, Bytes int }

// Kept tells how much the ring holds.
func (r *Ring) Kept() Kept {
	r.mu.Lock()
	defer r.mu.Unlock()
	k := Kept{Requests: len(r.records)}
	for i := range r.parts {
		k.Bytes += r.parts[i].size
	}
	return k
}
