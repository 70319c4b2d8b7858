package novatest

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// Placement is a placement server as far as nova asks one.
type Placement struct {
	mu        sync.Mutex
	providers map[string]*provider
	claims    map[string]map[string]map[string]int // by consumer, provider, class
	// Down makes it answer 503.
	Down bool
}

type provider struct {
	UUID        string         `json:"uuid"`
	Name        string         `json:"name"`
	Generation  int            `json:"generation"`
	inventories map[string]inv // by class
	traits      []string
}

type inv struct {
	Total    int     `json:"total"`
	Reserved int     `json:"reserved"`
	MinUnit  int     `json:"min_unit"`
	MaxUnit  int     `json:"max_unit"`
	StepSize int     `json:"step_size"`
	Ratio    float64 `json:"allocation_ratio"`
}

func (i inv) capacity() int { return int(float64(i.Total-i.Reserved) * i.Ratio) }

// Claims gives the servers that hold an allocation.
func (p *Placement) Claims() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var ids []string
	for id := range p.claims {
		ids = append(ids, id)
	}
	return ids
}

// Providers counts the providers with inventory.
func (p *Placement) Providers() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for _, one := range p.providers {
		if len(one.inventories) > 0 {
			n++
		}
	}
	return n
}

// Handler serves it.
func (p *Placement) Handler() http.Handler {
	p.providers, p.claims = map[string]*provider{}, map[string]map[string]map[string]int{}
	mux := http.NewServeMux()
	on := func(pattern string, do func(http.ResponseWriter, *http.Request)) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			p.mu.Lock()
			defer p.mu.Unlock()
			if p.Down {
				answer(w, http.StatusServiceUnavailable, nil)
				return
			}
			do(w, r)
		})
	}
	on("POST /resource_providers", func(w http.ResponseWriter, r *http.Request) {
		one := read[provider](r)
		one.inventories = map[string]inv{}
		p.providers[one.UUID] = &one
		answer(w, http.StatusOK, one)
	})
	on("GET /resource_providers/{id}", func(w http.ResponseWriter, r *http.Request) {
		if one := p.providers[r.PathValue("id")]; one != nil {
			answer(w, http.StatusOK, one)
			return
		}
		answer(w, http.StatusNotFound, nil)
	})
	on("GET /resource_providers/{id}/inventories", func(w http.ResponseWriter, r *http.Request) {
		one := p.providers[r.PathValue("id")]
		answer(w, http.StatusOK, map[string]any{"resource_provider_generation": one.Generation, "inventories": one.inventories})
	})
	on("PUT /resource_providers/{id}/inventories", func(w http.ResponseWriter, r *http.Request) {
		one := p.providers[r.PathValue("id")]
		in := read[struct{ Inventories map[string]inv }](r)
		one.inventories = in.Inventories
		one.Generation++
		answer(w, http.StatusOK, map[string]any{"resource_provider_generation": one.Generation, "inventories": one.inventories})
	})
	on("GET /resource_providers/{id}/traits", func(w http.ResponseWriter, r *http.Request) {
		one := p.providers[r.PathValue("id")]
		answer(w, http.StatusOK, map[string]any{"resource_provider_generation": one.Generation, "traits": append([]string{}, one.traits...)})
	})
	on("GET /resource_providers/{id}/allocations", func(w http.ResponseWriter, r *http.Request) {
		held := map[string]any{}
		for consumer, from := range p.claims {
			if resources, ok := from[r.PathValue("id")]; ok {
				held[consumer] = map[string]any{"resources": resources}
			}
		}
		answer(w, http.StatusOK, map[string]any{"allocations": held})
	})
	on("GET /allocation_candidates", p.candidates)
	on("GET /allocations/{id}", func(w http.ResponseWriter, r *http.Request) {
		held := map[string]any{}
		for provider, resources := range p.claims[r.PathValue("id")] {
			held[provider] = map[string]any{"resources": resources}
		}
		answer(w, http.StatusOK, map[string]any{"allocations": held})
	})
	on("PUT /allocations/{id}", p.claim)
	on("DELETE /allocations/{id}", func(w http.ResponseWriter, r *http.Request) {
		id := r.PathValue("id")
		if p.claims[id] == nil {
			answer(w, http.StatusNotFound, nil)
			return
		}
		delete(p.claims, id)
		answer(w, http.StatusNoContent, nil)
	})
	return mux
}

func (p *Placement) used(id, class string) int {
	sum := 0
	for _, claim := range p.claims {
		sum += claim[id][class]
	}
	return sum
}

func (p *Placement) fits(one *provider, resources map[string]int) bool {
	for class, n := range resources {
		if i, ok := one.inventories[class]; !ok || p.used(one.UUID, class)+n > i.capacity() {
			return false
		}
	}
	return true
}

func (p *Placement) candidates(w http.ResponseWriter, r *http.Request) {
	resources := map[string]int{}
	for _, part := range strings.Split(r.URL.Query().Get("resources"), ",") {
		class, n, _ := strings.Cut(part, ":")
		resources[class], _ = strconv.Atoi(n)
	}
	requests, summaries := []any{}, map[string]any{}
	for id, one := range p.providers {
		if !p.fits(one, resources) {
			continue
		}
		requests = append(requests, map[string]any{"allocations": map[string]any{id: map[string]any{"resources": resources}}})
		room := map[string]any{}
		for class, i := range one.inventories {
			room[class] = map[string]int{"capacity": i.capacity(), "used": p.used(id, class)}
		}
		summaries[id] = map[string]any{"resources": room}
	}
	answer(w, http.StatusOK, map[string]any{"allocation_requests": requests, "provider_summaries": summaries})
}

func (p *Placement) claim(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	in := read[struct {
		Allocations map[string]struct{ Resources map[string]int }
	}](r)
	claim := map[string]map[string]int{}
	for provider, a := range in.Allocations {
		one := p.providers[provider]
		if one == nil || p.claims[id] != nil || !p.fits(one, a.Resources) {
			answer(w, http.StatusConflict, map[string]any{"errors": []any{map[string]string{"detail": "taken", "code": "placement.undefined_code"}}})
			return
		}
		claim[provider] = a.Resources
	}
	p.claims[id] = claim
	answer(w, http.StatusNoContent, nil)
}

// answer writes a status and JSON, where there is any.
func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if body != nil {
		if err := json.NewEncoder(w).Encode(body); err != nil {
			panic(err)
		}
	}
}

func read[T any](r *http.Request) T {
	var v T
	if err := json.NewDecoder(r.Body).Decode(&v); err != nil {
		panic(err)
	}
	return v
}
