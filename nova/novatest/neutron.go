package novatest

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/google/uuid"
)

// Neutron is a neutron server as far as nova asks one.
type Neutron struct {
	mu    sync.Mutex
	ports map[string]map[string]any
	next  int
	// Networks are the ids of the networks there are, each with one subnet.
	Networks []string
	// Bound is called, and must not wait, for each port bound to a host, as an agent would wire it.
	Bound func(portID, serverID string)
	// Wires makes bound ports ACTIVE as soon as who bound them was answered, and tells nobody.
	Wires bool
	// Down makes it answer 503.
	Down bool
}

// Ports gives the ids of the ports there are.
func (n *Neutron) Ports() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Sorted(maps.Keys(n.ports))
}

// Port gives one attribute of a port.
func (n *Neutron) Port(id, attribute string) any {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.ports[id][attribute]
}

// AddPort makes a port that belongs to nobody.
func (n *Neutron) AddPort(network string) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.add(map[string]any{"network_id": network})
}

func (n *Neutron) add(p map[string]any) string {
	n.next++
	id := uuid.NewString()
	p["id"], p["mac_address"], p["status"] = id, fmt.Sprintf("fa:16:3e:00:%02x:%02x", n.next/256, n.next%256), "DOWN"
	p["fixed_ips"] = []map[string]string{{"subnet_id": "subnet-of-" + p["network_id"].(string), "ip_address": fmt.Sprintf("10.0.%d.%d", n.next/250, n.next%250+2)}}
	if p["device_id"] == nil {
		p["device_id"] = ""
	}
	p["binding:vif_type"] = "bridge"
	n.ports[id] = p
	return id
}

// Handler serves it.
func (n *Neutron) Handler() http.Handler {
	n.ports = map[string]map[string]any{}
	mux := http.NewServeMux()
	on := func(pattern string, do func(http.ResponseWriter, *http.Request)) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			n.mu.Lock()
			defer n.mu.Unlock()
			if n.Down {
				answer(w, http.StatusServiceUnavailable, nil)
				return
			}
			do(w, r)
		})
	}
	on("GET /v2.0/extensions", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, map[string]any{"extensions": []any{}})
	})
	on("GET /v2.0/networks", func(w http.ResponseWriter, r *http.Request) {
		list := []any{}
		for _, id := range n.Networks {
			if r.URL.Query().Get("shared") == "false" {
				list = append(list, wire(id))
			}
		}
		answer(w, http.StatusOK, map[string]any{"networks": list})
	})
	on("GET /v2.0/networks/{id}", func(w http.ResponseWriter, r *http.Request) {
		if !slices.Contains(n.Networks, r.PathValue("id")) {
			answer(w, http.StatusNotFound, nil)
			return
		}
		answer(w, http.StatusOK, map[string]any{"network": wire(r.PathValue("id"))})
	})
	on("GET /v2.0/subnets", func(w http.ResponseWriter, r *http.Request) {
		answer(w, http.StatusOK, map[string]any{"subnets": []any{map[string]any{
			"id": "subnet-of-" + r.URL.Query().Get("network_id"), "cidr": "10.0.0.0/16", "ip_version": 4, "enable_dhcp": true,
		}}})
	})
	on("GET /v2.0/floatingips", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, map[string]any{"floatingips": []any{}})
	})
	n.servePorts(on)
	return mux
}

func wire(id string) map[string]any {
	return map[string]any{"id": id, "name": strings.ToUpper(id), "subnets": []string{"subnet-of-" + id}, "mtu": 1450}
}

func (n *Neutron) servePorts(on func(string, func(http.ResponseWriter, *http.Request))) {
	on("GET /v2.0/ports", func(w http.ResponseWriter, r *http.Request) {
		list := []any{}
		for _, id := range slices.Sorted(maps.Keys(n.ports)) {
			if n.ports[id]["device_id"] == r.URL.Query().Get("device_id") {
				list = append(list, n.ports[id])
			}
		}
		answer(w, http.StatusOK, map[string]any{"ports": list})
	})
	on("GET /v2.0/ports/{id}", func(w http.ResponseWriter, r *http.Request) {
		if p, ok := n.ports[r.PathValue("id")]; ok {
			answer(w, http.StatusOK, map[string]any{"port": p})
			return
		}
		answer(w, http.StatusNotFound, nil)
	})
	on("POST /v2.0/ports", func(w http.ResponseWriter, r *http.Request) {
		id := n.add(read[struct{ Port map[string]any }](r).Port)
		answer(w, http.StatusCreated, map[string]any{"port": n.ports[id]})
		n.bound(id)
	})
	on("PUT /v2.0/ports/{id}", func(w http.ResponseWriter, r *http.Request) {
		p, ok := n.ports[r.PathValue("id")]
		if !ok {
			answer(w, http.StatusNotFound, nil)
			return
		}
		maps.Copy(p, read[struct{ Port map[string]any }](r).Port)
		answer(w, http.StatusOK, map[string]any{"port": p})
		n.bound(r.PathValue("id"))
	})
	on("DELETE /v2.0/ports/{id}", func(w http.ResponseWriter, r *http.Request) {
		if _, ok := n.ports[r.PathValue("id")]; !ok {
			answer(w, http.StatusNotFound, nil)
			return
		}
		delete(n.ports, r.PathValue("id"))
		answer(w, http.StatusNoContent, nil)
	})
}

// bound has a port that is bound wired.
func (n *Neutron) bound(id string) {
	host, _ := n.ports[id]["binding:host_id"].(string)
	server, _ := n.ports[id]["device_id"].(string)
	if host != "" && n.Wires {
		n.ports[id]["status"] = "ACTIVE"
	}
	if host != "" && n.Bound != nil {
		n.Bound(id, server)
	}
}
