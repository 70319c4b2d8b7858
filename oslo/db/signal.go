package db

import "sync"

// signals wakes waiters by name, within the process.
type signals struct {
	mu      sync.Mutex
	waiting map[string]chan struct{}
}

func newSignals() *signals { return &signals{waiting: map[string]chan struct{}{}} }

// next is closed by the next send of name.
func (s *signals) next(name string) <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.waiting[name]
	if !ok {
		c = make(chan struct{})
		s.waiting[name] = c
	}
	return c
}

func (s *signals) send(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c, ok := s.waiting[name]; ok {
		close(c)
		delete(s.waiting, name)
	}
}
