package load

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"

	"cumulet/test/cloud"
)

// project is what clients share, and a ledger of what answers promised them.
type project struct {
	name    string
	account *cloud.Client
	clients []*client
	// What all clients change together.
	network, subnet, image, server string
	public                         string // the external network
	quiet                          string // a network for servers alone, whose addresses do not run out

	mu      sync.Mutex
	made    map[string][]string // ids by kind
	refused map[string]int      // by kind: how often a quota, or a rival who was first, stood against it
	updates int                 // good updates of the shared network
}

// client is one of those who work at once.
type client struct {
	*cloud.Client
	t    *testing.T
	name string
}

// The kinds of things, in the order in which they can be deleted.
var kinds = []struct{ kind, path, list string }{
	{"server", "/compute/v2.1/servers", "servers"},
	{"floatingip", "/network/v2.0/floatingips", "floatingips"},
	{"port", "/network/v2.0/ports", "ports"},
	{"subnet", "/network/v2.0/subnets", "subnets"},
	{"network", "/network/v2.0/networks", "networks"},
	{"keypair", "/compute/v2.1/os-keypairs", "keypairs"},
	{"image", "/image/v2/images", "images"},
}

const bits = 64 << 10 // of each image

// newProject makes a project with what its clients share.
func newProject(t *testing.T, c *cloud.Cloud, admin *cloud.Client, name string) *project {
	p := &project{name: name, account: c.Account(t, admin, name, "member"), made: map[string][]string{}, refused: map[string]int{}}
	admin.Ask(t, "PUT", "/network/v2.0/quotas/"+p.account.ProjectID, cloud.M{"quota": cloud.M{"network": networkQuota}})
	first := &client{p.account, t, name}
	for n := range clientsPerProject {
		p.clients = append(p.clients, &client{p.account, t, fmt.Sprintf("client%02d", n)})
	}
	p.network = first.create(p, "network", "/network/v2.0/networks", cloud.M{"network": cloud.M{"name": "hub"}})
	p.subnet = first.create(p, "subnet", "/network/v2.0/subnets", cloud.M{"subnet": cloud.M{
		"network_id": p.network, "ip_version": 4, "cidr": "10.0.0.0/26"}})
	p.public = cloud.ID(p.account.Ask(t, "GET", "/network/v2.0/networks?router:external=true", nil).List(t, "networks")[0])
	p.quiet = first.create(p, "network", "/network/v2.0/networks", cloud.M{"network": cloud.M{"name": "quiet"}})
	first.create(p, "subnet", "/network/v2.0/subnets", cloud.M{"subnet": cloud.M{"network_id": p.quiet, "ip_version": 4, "cidr": "10.8.0.0/24"}})
	p.image = first.upload(p, "shared")
	p.server = first.server(p)
	p.settle(t)
	return p
}

// promised writes down that a thing was made.
func (p *project) promised(kind, id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.made[kind] = append(p.made[kind], id)
}

func (p *project) refuse(kind string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refused[kind]++
}

// want gives the ids that answers promised, in order.
func (p *project) want(kind string) []string { return slices.Sorted(slices.Values(p.made[kind])) }

// ask sends JSON; an answer that is not one of these statuses is an error of the test. It gives false for what is not good.
func (c *client) ask(method, path string, body any, statuses ...int) (cloud.Answer, bool) {
	a, err := c.JSON(method, path, body)
	if err != nil {
		c.t.Errorf("%s: %s %s: %v", c.name, method, path, err)
		return a, false
	}
	if !slices.Contains(statuses, a.Status) {
		c.t.Errorf("%s: %s, want one of %v", c.name, a, statuses)
	}
	return a, a.Good()
}

// create makes a thing and gives its id, "" where one of the refusals was the answer.
func (c *client) create(p *project, kind, path string, body cloud.M, refusals ...int) string {
	a, good := c.ask("POST", path, body, append(refusals, http.StatusOK, http.StatusCreated, http.StatusAccepted)...)
	if !good {
		p.refuse(kind)
		return ""
	}
	object := a.Object(c.t, kind)
	id := cloud.ID(object)
	if kind == "keypair" {
		id, _ = object["name"].(string)
	}
	p.promised(kind, id)
	return id
}

// upload makes an image with bits and gives its id.
func (c *client) upload(p *project, name string) string {
	a, good := c.ask("POST", "/image/v2/images", cloud.M{"name": name, "disk_format": "raw", "container_format": "bare"}, http.StatusCreated)
	if !good {
		return ""
	}
	var image struct{ ID string }
	if err := a.Decode(&image); err != nil {
		c.t.Errorf("%s: %v", a, err)
	}
	p.promised("image", image.ID)
	content := bytes.Repeat([]byte(c.name[len(c.name)-1:]), bits)
	file := "/image/v2/images/" + image.ID + "/file"
	put, err := c.Send("PUT", file, http.Header{"Content-Type": {"application/octet-stream"}}, content)
	if err != nil || put.Status != http.StatusNoContent {
		c.t.Errorf("%s: %s %v", c.name, put, err)
	}
	if got, _ := c.ask("GET", file, nil, http.StatusOK); !bytes.Equal(got.Body, content) {
		c.t.Errorf("%s: the image came back otherwise: %d bytes", c.name, len(got.Body))
	}
	return image.ID
}
