package acceptance

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gophercloud/gophercloud/v2"
	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/servers"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/security/groups"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/security/rules"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/networks"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/subnets"
)

// testNetworks lets the demo's guest hello look around: at a neighbour on its network, whose group is closed at first, and at a
// stranger's guest on another project's network with the same addresses.
func testNetworks(t *testing.T, c *cloud) {
	admin, demo := c.signIn(t, "admin"), c.signIn(t, "demo")
	other := stranger(t, admin, "http://"+c.listen+"/identity/v3")

	closed, err := groups.Create(t.Context(), demo.network, groups.CreateOpts{Name: "closed"}).Extract()
	must(t, err)
	neighbour := demo.boot(t, "demo", servers.CreateOpts{
		Name: "neighbour", Networks: []servers.Network{{UUID: demo.networkID(t, "private")}}, SecurityGroups: []string{"closed"},
	})
	foreign := other.boot(t, "", servers.CreateOpts{
		Name: "foreign", Networks: []servers.Network{{UUID: foreignNetwork(t, other), FixedIP: "10.0.0.200"}},
	})
	at := address(t, neighbour)

	// Nothing is let in but what a rule allows, and a rule holds at once, in both directions.
	c.unreachable(t, at)
	ping := open(t, demo, closed.ID, rules.ProtocolICMP, 0)
	c.eventuallySSH(t, "hello", "ping -c 1 -W 2 "+at, "1 packets received")
	c.eventuallySSH(t, "hello", "ping -c 1 -W 2 neighbour", "1 packets received") // its name is known
	must(t, rules.Delete(t.Context(), demo.network, ping).ExtractErr())
	c.eventuallyUnreachable(t, at)

	ssh := open(t, demo, closed.ID, rules.ProtocolTCP, 22)
	c.eventuallySSH(t, "hello", "nc -w 3 "+at+" 22 </dev/null", "SSH-")
	must(t, rules.Delete(t.Context(), demo.network, ssh).ExtractErr())

	// Closing the way out of hello closes it for what hello begins, not for who is let in to hello.
	open(t, demo, closed.ID, rules.ProtocolICMP, 0)
	c.eventuallySSH(t, "hello", "ping -c 1 -W 2 "+at, "1 packets received")
	ways := egress(t, demo)
	for _, way := range ways {
		must(t, rules.Delete(t.Context(), demo.network, way.ID).ExtractErr())
	}
	c.eventuallyUnreachable(t, at)
	for _, way := range ways {
		_, err := rules.Create(t.Context(), demo.network, rules.CreateOpts{
			SecGroupID: way.SecGroupID, Direction: rules.DirEgress, EtherType: rules.RuleEtherType(way.EtherType),
		}).Extract()
		must(t, err)
	}
	c.eventuallySSH(t, "hello", "ping -c 1 -W 2 "+at, "1 packets received")

	// The stranger's guest has an address of hello's own range and is not there for hello.
	c.unreachable(t, address(t, foreign))

	other.remove(t, foreign.ID)
	demo.remove(t, neighbour.ID)
	must(t, groups.Delete(t.Context(), demo.network, closed.ID).ExtractErr())
}

// foreignNetwork makes a network with the same addresses as the demo's private one.
func foreignNetwork(t *testing.T, c *client) string {
	t.Helper()
	n, err := networks.Create(t.Context(), c.network, networks.CreateOpts{Name: "foreign"}).Extract()
	must(t, err)
	_, err = subnets.Create(t.Context(), c.network, subnets.CreateOpts{NetworkID: n.ID, CIDR: "10.0.0.0/24", IPVersion: gophercloud.IPv4}).Extract()
	must(t, err)
	return n.ID
}

// open lets a protocol into a group and gives the rule's id.
func open(t *testing.T, c *client, group string, protocol rules.RuleProtocol, port int) string {
	t.Helper()
	rule, err := rules.Create(t.Context(), c.network, rules.CreateOpts{
		SecGroupID: group, Direction: rules.DirIngress, EtherType: rules.EtherType4, Protocol: protocol,
		PortRangeMin: port, PortRangeMax: port,
	}).Extract()
	must(t, err)
	return rule.ID
}

// egress lists the ways out of the demo's default group.
func egress(t *testing.T, c *client) []rules.SecGroupRule {
	t.Helper()
	pages, err := groups.List(c.network, groups.ListOpts{Name: "default"}).AllPages(t.Context())
	must(t, err)
	found, err := groups.ExtractGroups(pages)
	must(t, err)
	if len(found) != 1 {
		t.Fatalf("%d groups are named default", len(found))
	}
	var out []rules.SecGroupRule
	for _, rule := range found[0].Rules {
		if rule.Direction == "egress" {
			out = append(out, rule)
		}
	}
	return out
}

// pings tells how many of hello's pings to an address come back.
func (c *cloud) pings(t *testing.T, to string) (string, error) {
	t.Helper()
	out, err := c.command(t.Context(), "ssh", "hello", fmt.Sprintf("ping -c 2 -W 2 %s || true", to)).CombinedOutput()
	if err == nil && !strings.Contains(string(out), "packets transmitted") {
		err = errors.New(string(out))
	}
	return string(out), err
}

// unreachable says that an address does not answer hello.
func (c *cloud) unreachable(t *testing.T, to string) {
	t.Helper()
	out, err := c.pings(t, to)
	must(t, err)
	if !strings.Contains(out, "0 packets received") {
		t.Errorf("%s answers hello: %s", to, out)
	}
}

func (c *cloud) eventuallyUnreachable(t *testing.T, to string) {
	t.Helper()
	eventually(t, 30*time.Second, to+" does not answer", func() error {
		out, err := c.pings(t, to)
		if err == nil && !strings.Contains(out, "0 packets received") {
			err = errors.New(out)
		}
		return err
	})
}
