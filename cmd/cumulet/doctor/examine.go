package doctor

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Finding is a difference between what is recorded and what is there.
type Finding struct {
	Where string // a host, or the service whose record it is
	What  string // in words
}

func (f Finding) String() string { return f.Where + ": " + f.What }

// Patient is all that is compared.
type Patient struct {
	Records Records
	Hosts   []Host
	Files   *Files // nil where the store is elsewhere
	Now     time.Time
}

// stuck is how long work may take before it is told.
const stuck = 15 * time.Minute

// findings gathers.
type findings []Finding

func (f *findings) add(where, format string, args ...any) {
	*f = append(*f, Finding{where, fmt.Sprintf(format, args...)})
}

// Examine gives the differences, by place.
func (p Patient) Examine() []Finding {
	var found findings
	p.servers(&found)
	p.claims(&found)
	p.ports(&found)
	p.addresses(&found)
	p.images(&found)
	p.services(&found)
	for _, h := range p.Hosts {
		p.guests(&found, h)
		if h.Wired {
			p.devices(&found, h)
		}
	}
	slices.SortFunc(found, func(a, b Finding) int { return strings.Compare(a.String(), b.String()) })
	return found
}

// byID finds servers.
func (p Patient) byID() map[string]Server {
	byID := make(map[string]Server, len(p.Records.Servers))
	for _, s := range p.Records.Servers {
		byID[s.ID] = s
	}
	return byID
}

// servers that something should happen to, and nothing does.
func (p Patient) servers(found *findings) {
	for _, s := range p.Records.Servers {
		if s.busy() && p.Now.Sub(s.Updated) > stuck {
			found.add("nova", "server %s is %s (%s) since %s", s.ID, s.Status, s.Task, s.Updated.Format(time.RFC3339))
		}
	}
}

// claims: each server on a host has claimed of it, and nobody else has.
func (p Patient) claims(found *findings) {
	byID := p.byID()
	claimed := map[string][]string{} // the providers that a consumer has claimed of
	for _, provider := range p.Records.Providers {
		for _, consumer := range provider.Consumers {
			claimed[consumer] = append(claimed[consumer], provider.Name)
			if _, ok := byID[consumer]; !ok {
				found.add("placement", "%s has claimed of %s and is no server", consumer, provider.Name)
			}
		}
	}
	for _, s := range p.Records.Servers {
		switch {
		case s.busy():
		case s.Host == "" && len(claimed[s.ID]) > 0:
			found.add("placement", "server %s is on no host and has claimed of %s", s.ID, strings.Join(claimed[s.ID], ", "))
		case s.Host != "" && len(claimed[s.ID]) != 1:
			found.add("placement", "server %s is on host %s and has claimed of %d providers", s.ID, s.Host, len(claimed[s.ID]))
		}
	}
}

// The owners of ports, as neutron_lib/constants.py.
const (
	guestOwner    = "compute:"
	floatingOwner = "network:floatingip"
	dhcpOwner     = "network:dhcp"
	routerOwner   = "network:router"
)

// ports belong to something that is there, and are bound where it is.
func (p Patient) ports(found *findings) {
	byID, floating, routers := p.byID(), map[string]bool{}, map[string]bool{}
	for _, f := range p.Records.FloatingIPs {
		floating[f.ID] = true
	}
	for _, r := range p.Records.Routers {
		routers[r.ID] = true
	}
	for _, port := range p.Records.Ports {
		switch {
		case strings.HasPrefix(port.Owner, guestOwner):
			s, ok := byID[port.Device]
			switch {
			case !ok:
				found.add("neutron", "port %s belongs to %s, which is no server", port.ID, port.Device)
			case !s.busy() && s.Host != port.Host:
				found.add("neutron", "port %s is bound to %q, its server %s is on %q", port.ID, port.Host, s.ID, s.Host)
			case !s.busy() && s.Status == "ACTIVE" && port.Status != "ACTIVE":
				found.add("neutron", "port %s of the running server %s is %s", port.ID, s.ID, port.Status)
			}
		case port.Owner == floatingOwner && !floating[port.Device]:
			found.add("neutron", "port %s keeps the address of the floating address %s, which is not there", port.ID, port.Device)
		case strings.HasPrefix(port.Owner, routerOwner) && !routers[port.Device]:
			found.add("neutron", "port %s belongs to the router %s, which is not there", port.ID, port.Device)
		}
	}
}

// addresses: floating addresses lead to ports that are there.
func (p Patient) addresses(found *findings) {
	there := map[string]bool{}
	for _, port := range p.Records.Ports {
		there[port.ID] = true
	}
	for _, f := range p.Records.FloatingIPs {
		if f.Port != "" && !there[f.Port] {
			found.add("neutron", "floating address %s leads to port %s, which is not there", f.Address, f.Port)
		}
		if f.Port == "" && f.Status == "ACTIVE" {
			found.add("neutron", "floating address %s leads nowhere and is ACTIVE", f.Address)
		}
	}
}

// services report.
func (p Patient) services(found *findings) {
	for _, s := range p.Records.Services {
		if !s.Up && !s.Disabled {
			found.add(s.Host, "%s is down", s.Binary)
		}
	}
}

// images have their files, and files their images.
func (p Patient) images(found *findings) {
	for _, i := range p.Records.Images {
		if i.Status == "saving" && p.Now.Sub(i.Updated) > stuck {
			found.add("glance", "image %s is saving since %s", i.ID, i.Updated.Format(time.RFC3339))
		}
	}
	if p.Files == nil {
		return
	}
	files := map[string]string{} // by image; a file is called by the image and a few letters of its upload
	for name := range p.Files.Sizes {
		id, _, _ := strings.Cut(name, ".")
		files[id] = name
	}
	saving, staged := false, map[string]bool{}
	for _, i := range p.Records.Images {
		name, ok := files[i.ID]
		switch {
		case i.Status == "saving":
			saving = true
		case i.Status == "uploading" || i.Status == "importing":
			saving, staged[i.ID] = true, true
		case (i.Status == "active" || i.Status == "deactivated") && !ok:
			found.add("glance", "image %s is %s and has no file", i.ID, i.Status)
		case i.Status == "active" && p.Files.Sizes[name] != i.Size:
			found.add("glance", "image %s has %d bytes, its file %d", i.ID, i.Size, p.Files.Sizes[name])
		case i.Status == "queued" && ok:
			found.add("glance", "image %s waits for its bits, and has the file %s", i.ID, name)
		}
		delete(files, i.ID)
	}
	for _, name := range files {
		found.add("glance", "file %s is no image's", name)
	}
	for _, name := range p.Files.Staged {
		if id, _, _ := strings.Cut(name, "."); !staged[id] {
			found.add("glance", "file %s lies in the staging area, and its image is not being imported", name)
		}
	}
	if !saving {
		for _, name := range p.Files.Beside {
			found.add("glance", "file %s is being written by nobody", name)
		}
	}
}
