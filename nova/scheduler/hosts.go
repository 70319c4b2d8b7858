package scheduler

import (
	"sync"

	"cumulet/nova"
)

// hosts are the states of all hosts, by their nodes' ids.
type hosts struct {
	mu     sync.RWMutex
	byNode map[string]nova.HostState
}

func (h *hosts) get(node string) (nova.HostState, bool) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	state, ok := h.byNode[node]
	return state, ok
}

func (h *hosts) put(state nova.HostState) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.byNode == nil {
		h.byNode = map[string]nova.HostState{}
	}
	if state.At.Before(h.byNode[state.Node.ID].At) {
		return // a later one overtook it
	}
	h.byNode[state.Node.ID] = state
}

func (h *hosts) replace(states []nova.HostState) {
	all := make(map[string]nova.HostState, len(states))
	for _, s := range states {
		all[s.Node.ID] = s
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for id, known := range h.byNode {
		if read, ok := all[id]; ok && read.At.Before(known.At) {
			all[id] = known
		}
	}
	h.byNode = all
}
