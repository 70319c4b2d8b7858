package load

import (
	"fmt"
	"net/http"

	"cumulet/test/cloud"
)

// work is what each client does, all at once.
func (p *project) work(c *client) {
	c.signIn(p)
	c.upload(p, c.name)
	c.ownNetworks(p)
	p.updateShared(c)
	p.race(c)
	c.ownServer(p)
	p.tagImage(c)
}

// signIn asks for a token, checks it, gives it back, and sees it refused.
func (c *client) signIn(p *project) {
	a, good := c.ask("POST", "/identity/v3/auth/tokens", cloud.Credentials(p.name, p.name, p.name), http.StatusCreated)
	if !good {
		return
	}
	mine := &client{&cloud.Client{Cloud: c.Cloud, Token: a.Header.Get("X-Subject-Token")}, c.t, c.name}
	mine.ask("GET", "/network/v2.0/networks", nil, http.StatusOK)
	revoke, err := mine.Send("DELETE", "/identity/v3/auth/tokens", http.Header{"X-Subject-Token": {mine.Token}}, nil)
	if err != nil || revoke.Status != http.StatusNoContent {
		c.t.Errorf("%s: %s %v", c.name, revoke, err)
	}
	for _, path := range []string{"/network/v2.0/networks", "/compute/v2.1/servers", "/image/v2/images"} {
		mine.ask("GET", path, nil, http.StatusUnauthorized)
	}
}

// ownNetworks makes two networks with a subnet and a port, as far as the quota goes, and ports on the shared network.
func (c *client) ownNetworks(p *project) {
	for n := range 2 {
		network := c.create(p, "network", "/network/v2.0/networks", cloud.M{"network": cloud.M{"name": c.name}}, http.StatusConflict)
		if network == "" {
			continue
		}
		c.ask("PUT", "/network/v2.0/networks/"+network, cloud.M{"network": cloud.M{"name": fmt.Sprint(c.name, n)}}, http.StatusOK)
		subnet := c.create(p, "subnet", "/network/v2.0/subnets", cloud.M{"subnet": cloud.M{
			"network_id": network, "ip_version": 4, "cidr": fmt.Sprintf("10.1.%d.0/24", n)}})
		port := c.create(p, "port", "/network/v2.0/ports", cloud.M{"port": cloud.M{"network_id": network}})
		c.ask("PUT", "/network/v2.0/subnets/"+subnet, cloud.M{"subnet": cloud.M{"dns_nameservers": []string{"192.0.2.1"}}}, http.StatusOK)
		c.ask("PUT", "/network/v2.0/ports/"+port, cloud.M{"port": cloud.M{"name": c.name}}, http.StatusOK)
	}
	c.create(p, "floatingip", "/network/v2.0/floatingips", cloud.M{"floatingip": cloud.M{"floating_network_id": p.public}})
	for range 4 { // 64 of them and the servers' ports do not fit: some are refused
		c.create(p, "port", "/network/v2.0/ports", cloud.M{"port": cloud.M{"network_id": p.network}}, http.StatusConflict)
	}
}

// updateShared adds this client's word to the shared network: a tag, and by compare-and-swap to its description.
func (p *project) updateShared(c *client) {
	at := "/network/v2.0/networks/" + p.network
	c.ask("PUT", at+"/tags/"+c.name, nil, http.StatusCreated)
	for range 40 * clientsPerProject {
		a, good := c.ask("GET", at, nil, http.StatusOK)
		if !good {
			return
		}
		network := a.Object(c.t, "network")
		body := cloud.M{"network": cloud.M{"description": fmt.Sprint(network["description"], c.name, ";")}}
		header := http.Header{"If-Match": {fmt.Sprintf("revision_number=%v", network["revision_number"])}}
		put, err := c.SendJSON("PUT", at, header, body)
		switch {
		case err != nil:
			c.t.Errorf("%s: %v", c.name, err)
			return
		case put.Good():
			p.mu.Lock()
			p.updates++
			p.mu.Unlock()
			return
		case put.Status != http.StatusPreconditionFailed:
			c.t.Errorf("%s: %s", c.name, put)
			return
		}
	}
	c.t.Errorf("%s: others were always first", c.name)
}

// race asks for what only one of the project's clients can have.
func (p *project) race(c *client) {
	c.create(p, "keypair", "/compute/v2.1/os-keypairs", cloud.M{"keypair": cloud.M{"name": c.name}})
	for kind, ask := range map[string]func() string{
		"keypair": func() string {
			return c.create(p, "keypair", "/compute/v2.1/os-keypairs", cloud.M{"keypair": cloud.M{"name": "one"}}, http.StatusConflict)
		},
		"subnet": func() string {
			return c.create(p, "subnet", "/network/v2.0/subnets", cloud.M{"subnet": cloud.M{
				"network_id": p.network, "ip_version": 4, "cidr": "10.9.0.0/24"}}, http.StatusBadRequest)
		},
		"address": func() string {
			return c.create(p, "port", "/network/v2.0/ports", cloud.M{"port": cloud.M{
				"network_id": p.network, "fixed_ips": []cloud.M{{"subnet_id": p.subnet, "ip_address": "10.0.0.62"}}}}, http.StatusConflict)
		},
	} {
		if ask() != "" {
			p.promised("winner of the "+kind, c.name)
		}
	}
}

// ownServer makes a server, as far as the quota goes, and writes into the metadata of the shared one.
func (c *client) ownServer(p *project) {
	c.server(p)
	c.ask("POST", "/compute/v2.1/servers/"+p.server+"/metadata", cloud.M{"metadata": cloud.M{c.name: "here"}}, http.StatusOK)
	p.promised("metadata", c.name)
}

func (c *client) server(p *project) string {
	return c.create(p, "server", "/compute/v2.1/servers", cloud.M{"server": cloud.M{
		"name": c.name, "flavorRef": "42", "imageRef": p.image, "networks": []cloud.M{{"uuid": p.quiet}}}}, http.StatusForbidden)
}

// tagImage adds this client's tag and property to the shared image.
func (p *project) tagImage(c *client) {
	at := "/image/v2/images/" + p.image
	c.ask("PUT", at+"/tags/"+c.name, nil, http.StatusNoContent)
	patch := http.Header{"Content-Type": {"application/openstack-images-v2.1-json-patch"}}
	a, err := c.SendJSON("PATCH", at, patch, []cloud.M{{"op": "add", "path": "/" + c.name, "value": "here"}})
	if err != nil || a.Status != http.StatusOK {
		c.t.Errorf("%s: %s %v", c.name, a, err)
	}
}
