package doctor

import (
	"slices"
	"strings"
)

// guests: a host has those of its servers, running as recorded, and no others.
func (p Patient) guests(found *findings, h Host) {
	if h.Guests == nil { // its hypervisor was not to be asked
		return
	}
	byID := p.byID()
	for id, power := range h.Guests {
		s, ok := byID[id]
		switch {
		case !ok:
			found.add(h.Name, "guest %s is no server's", id)
		case s.busy():
		case s.Host != h.Name:
			found.add(h.Name, "guest %s is here, its server on %q", id, s.Host)
		case s.Power != power:
			found.add(h.Name, "guest %s has power state %d, its server is recorded with %d", id, power, s.Power)
		}
	}
	for _, s := range p.Records.Servers {
		if _, ok := h.Guests[s.ID]; !ok && s.Host == h.Name && !s.busy() && s.Status != "ERROR" {
			found.add(h.Name, "server %s is %s and has no guest", s.ID, s.Status)
		}
	}
	for _, id := range h.Folders {
		if s, ok := byID[id]; !ok || s.Host != h.Name && !s.busy() {
			found.add(h.Name, "the folder of disks %s is no server's", id)
		}
	}
}

// devices: taps and namespaces are of ports, networks and routers that are recorded.
func (p Patient) devices(found *findings, h Host) {
	ports := map[string]bool{}
	served := map[string]bool{} // networks that have a DHCP port on this host
	for _, port := range p.Records.Ports {
		ports[tap(port.ID)] = true
		if port.Owner == dhcpOwner {
			served[port.Network] = true
		}
	}
	for _, device := range h.Taps {
		if !ports[device] {
			found.add(h.Name, "device %s is no port's", device)
		}
	}
	for _, id := range h.DHCP {
		if !served[id] {
			found.add(h.Name, "a namespace serves DHCP on network %s, which has none", id)
		}
	}
	for _, id := range h.Routers {
		if !slices.ContainsFunc(p.Records.Routers, func(r Router) bool { return r.ID == id }) {
			found.add(h.Name, "a namespace is of the router %s, which is not there", id)
		}
	}
	p.translations(found, h)
}

// translations: routers translate the floating addresses that lead somewhere, and no others.
func (p Patient) translations(found *findings, h Host) {
	want := map[string]map[string]string{}
	for _, f := range p.Records.FloatingIPs {
		if f.Port == "" || f.Router == "" {
			continue
		}
		if want[f.Router] == nil {
			want[f.Router] = map[string]string{}
		}
		want[f.Router][f.Address] = f.Fixed
	}
	for router, is := range h.Floating {
		for address, fixed := range is {
			if want[router][address] != fixed {
				found.add(h.Name, "router %s translates %s to %s, which is not recorded", router, address, fixed)
			}
		}
		for address, fixed := range want[router] {
			if is[address] != fixed {
				found.add(h.Name, "router %s does not translate %s to %s", router, address, fixed)
			}
		}
	}
}

// tap is the device of a port, as nova/network/model.py names it.
func tap(port string) string { return "tap" + strings.TrimSpace(port)[:min(11, len(port))] }
