package load

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"cumulet/test/cloud"
)

// checkLists holds each list against what the answers promised: all of it, each once, nothing else.
func (p *project) checkLists(t *testing.T) {
	p.settle(t)
	for _, k := range kinds {
		var got []string
		for _, thing := range p.list(t, k.kind, k.path, k.list, 7) {
			got = append(got, thing.id)
		}
		slices.Sort(got)
		if want := p.want(k.kind); !slices.Equal(got, want) {
			t.Errorf("%s: %d are listed, %d were promised\n%v\n%v", k.list, len(got), len(want), got, want)
		}
	}
}

type thing struct {
	id   string
	body cloud.M
}

// atOnce is a page for all: while things are deleted, one of them is no marker to go on from.
const atOnce = 500

// list gives a project's own things, by pages of a size; of ports those that the clients made.
func (p *project) list(t *testing.T, kind, path, list string, size int) []thing {
	t.Helper()
	var found []thing
	var all []cloud.M
	switch kind {
	case "keypair":
		for _, k := range p.account.Ask(t, "GET", path, nil).List(t, list) {
			pair, _ := k["keypair"].(cloud.M)
			found = append(found, thing{fmt.Sprint(pair["name"]), pair})
		}
		return found
	case "image":
		all = p.account.All(t, path, list, "visibility=private", size)
		all = append(all, p.account.All(t, path, list, "visibility=shared", size)...)
	case "server":
		all = p.account.All(t, path, list, "", size)
	case "port":
		all = p.account.All(t, path, list, "device_owner=&project_id="+p.account.ProjectID, size)
	default:
		all = p.account.All(t, path, list, "project_id="+p.account.ProjectID, size)
	}
	for _, o := range all {
		found = append(found, thing{cloud.ID(o), o})
	}
	return found
}

// settle waits until every server is built.
func (p *project) settle(t *testing.T) {
	t.Helper()
	p.until(t, "every server is ACTIVE", func() string {
		for _, s := range p.account.Ask(t, "GET", "/compute/v2.1/servers/detail", nil).List(t, "servers") {
			if s["status"] == "ERROR" {
				t.Fatalf("server %v: %v", s["name"], s["fault"])
			}
			if s["status"] != "ACTIVE" {
				return fmt.Sprintf("server %v is %v: %v", s["name"], s["status"], s["fault"])
			}
		}
		return ""
	})
}

// until waits for a condition; what says why it does not hold yet.
func (p *project) until(t *testing.T, claim string, what func() string) {
	t.Helper()
	limit := time.NewTimer(6 * time.Minute)
	defer limit.Stop()
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	for {
		why := what()
		if why == "" {
			return
		}
		select {
		case <-limit.C:
			t.Errorf("in vain waited that %s: %s", claim, why)
			return
		case <-again.C:
		}
	}
}

// checkUpdates looks for every client's word in what they changed together.
func (p *project) checkUpdates(t *testing.T) {
	network := p.account.Ask(t, "GET", "/network/v2.0/networks/"+p.network, nil).Object(t, "network")
	tags, description := fmt.Sprint(network["tags"]), fmt.Sprint(network["description"])
	var image cloud.M
	if err := p.account.Ask(t, "GET", "/image/v2/images/"+p.image, nil).Decode(&image); err != nil {
		t.Fatal(err)
	}
	imageTags := fmt.Sprint(image["tags"])
	for _, c := range p.clients {
		for what, lost := range map[string]bool{
			"network's tag": !strings.Contains(tags, c.name), "network's description": !strings.Contains(description, c.name+";"),
			"image's tag": !strings.Contains(imageTags, c.name), "image's property": image[c.name] != "here",
		} {
			if lost {
				t.Errorf("%s: the %s is lost", c.name, what)
			}
		}
	}
	if revision, _ := network["revision_number"].(float64); p.updates != clientsPerProject || int(revision) < p.updates {
		t.Errorf("%d updates were good, %d clients; the revision is %v", p.updates, clientsPerProject, revision)
	}
	metadata := p.account.Ask(t, "GET", "/compute/v2.1/servers/"+p.server+"/metadata", nil).Object(t, "metadata")
	for _, name := range p.want("metadata") {
		if metadata[name] != "here" {
			t.Errorf("%s: the server's metadata is lost: %v", name, metadata)
		}
	}
}

// checkRaces counts who got what only one could have.
func (p *project) checkRaces(t *testing.T) {
	for _, kind := range []string{"keypair", "subnet", "address"} {
		if winners := p.want("winner of the " + kind); len(winners) > 1 || kind != "address" && len(winners) == 0 {
			t.Errorf("the %s was given to %v", kind, winners)
		}
	}
	groups := p.account.Ask(t, "GET", "/network/v2.0/security-groups?name=default", nil).List(t, "security_groups")
	if len(groups) != 1 {
		t.Errorf("%d default security groups: %v", len(groups), groups)
	}
}

// checkQuotas holds what is there against what may be, and against what usage says.
func (p *project) checkQuotas(t *testing.T) {
	if n := len(p.want("network")); n != networkQuota {
		t.Errorf("%d networks by a quota of %d", n, networkQuota)
	}
	if n := len(p.want("server")); n != instanceQuota {
		t.Errorf("%d servers by a quota of %d", n, instanceQuota)
	}
	quota := p.account.Ask(t, "GET", "/network/v2.0/quotas/"+p.account.ProjectID+"/details", nil).Object(t, "quota")
	network, _ := quota["network"].(cloud.M)
	if network["used"] != float64(networkQuota) {
		t.Errorf("the networks' usage is %v", network)
	}
	if used := p.instancesUsed(t); used != instanceQuota {
		t.Errorf("the instances' usage is %v", used)
	}
}

func (p *project) instancesUsed(t *testing.T) float64 {
	t.Helper()
	absolute, _ := p.account.Ask(t, "GET", "/compute/v2.1/limits", nil).Object(t, "limits")["absolute"].(cloud.M)
	used, _ := absolute["totalInstancesUsed"].(float64)
	return used
}

// checkAddresses looks for one given twice on the shared network, and that the refusals had a reason.
func (p *project) checkAddresses(t *testing.T) {
	seen := map[string]string{}
	for _, port := range p.account.All(t, "/network/v2.0/ports", "ports", "network_id="+p.network, 9) {
		fixed, _ := port["fixed_ips"].([]any)
		for _, f := range fixed {
			ip, _ := f.(cloud.M)
			address := fmt.Sprint(ip["ip_address"])
			if other := seen[address]; other != "" {
				t.Errorf("%s: ports %s and %s", address, other, cloud.ID(port))
			}
			seen[address] = cloud.ID(port)
		}
	}
	first := 0
	for address := range seen {
		if strings.HasPrefix(address, "10.0.0.") {
			first++
		}
	}
	if first > hubAddresses {
		t.Errorf("%d addresses of %d are given", first, hubAddresses)
	}
}

// deleteAll deletes what this client has of the project's things: every so-manieth.
func (p *project) deleteAll(c *client) {
	mine := slices.Index(p.clients, c)
	for _, k := range kinds {
		for n, id := range p.want(k.kind) {
			if n%len(p.clients) != mine {
				continue
			}
			c.ask("DELETE", k.path+"/"+id, nil, http.StatusAccepted, http.StatusNoContent)
			if k.kind == "server" {
				p.until(c.t, "the server is gone", func() string {
					a, good := c.ask("GET", k.path+"/"+id, nil, http.StatusOK, http.StatusNotFound)
					if good {
						return a.String()
					}
					return ""
				})
			}
		}
		p.emptied(c, k.kind, k.path, k.list)
	}
}

// emptied waits until the other clients, too, have deleted theirs of a kind: the next kind may hang on it.
func (p *project) emptied(c *client, kind, path, list string) {
	p.until(c.t, list+" are all deleted", func() string {
		if left := p.list(c.t, kind, path, list, atOnce); len(left) > 0 {
			return fmt.Sprintf("%d are left", len(left))
		}
		return ""
	})
}

// checkNothingLeft looks for what outlived its owner.
func (p *project) checkNothingLeft(t *testing.T) {
	for _, k := range kinds {
		if left := p.list(t, k.kind, k.path, k.list, atOnce); len(left) > 0 {
			t.Errorf("%s: %v", k.list, left)
		}
	}
	if ports := p.account.Ask(t, "GET", "/network/v2.0/ports", nil).List(t, "ports"); len(ports) > 0 {
		t.Errorf("ports: %v", ports)
	}
	quota := p.account.Ask(t, "GET", "/network/v2.0/quotas/"+p.account.ProjectID+"/details", nil).Object(t, "quota")
	for _, resource := range []string{"network", "subnet", "port"} {
		if of, _ := quota[resource].(cloud.M); of["used"] != float64(0) {
			t.Errorf("the usage of %s is %v", resource, of)
		}
	}
	if used := p.instancesUsed(t); used != 0 {
		t.Errorf("the instances' usage is %v", used)
	}
}

// checkFloatingAddresses looks for one that two projects have.
func checkFloatingAddresses(t *testing.T, admin *cloud.Client) {
	seen := map[string]bool{}
	for _, f := range admin.All(t, "/network/v2.0/floatingips", "floatingips", "", 11) {
		address := fmt.Sprint(f["floating_ip_address"])
		if seen[address] {
			t.Errorf("%s was given twice", address)
		}
		seen[address] = true
	}
	if len(seen) != projects*clientsPerProject {
		t.Errorf("%d floating addresses for %d clients", len(seen), projects*clientsPerProject)
	}
}

// usages are what placement counts of the first provider.
func usages(t *testing.T, admin *cloud.Client) cloud.M {
	t.Helper()
	providers := admin.Ask(t, "GET", "/placement/resource_providers", nil).List(t, "resource_providers")
	var all struct{ Usages cloud.M }
	if err := admin.Ask(t, "GET", fmt.Sprintf("/placement/resource_providers/%v/usages", providers[0]["uuid"]), nil).Decode(&all); err != nil {
		t.Fatal(err)
	}
	return all.Usages
}

// checkPlacement holds what the host has given against the servers that are there.
func checkPlacement(t *testing.T, admin *cloud.Client, all []*project) {
	servers := 0
	for _, p := range all {
		servers += len(p.want("server"))
	}
	if got := usages(t, admin); got["VCPU"] != float64(servers) {
		t.Errorf("placement counts %v for %d servers of one VCPU", got, servers)
	}
}

// checkNoAllocations holds that a host without servers has all of itself.
func checkNoAllocations(t *testing.T, admin *cloud.Client) {
	for class, used := range usages(t, admin) {
		if used != float64(0) {
			t.Errorf("%v of %s are still given", used, class)
		}
	}
}
