package acceptance

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gophercloud/gophercloud/v2"
	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/instanceactions"
	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/keypairs"
	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/servers"
	"github.com/gophercloud/gophercloud/v2/openstack/image/v2/imagedata"
	"github.com/gophercloud/gophercloud/v2/openstack/image/v2/images"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/layer3/floatingips"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/layer3/routers"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/security/groups"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/security/rules"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/networks"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/ports"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/subnets"
)

// testGophercloud lives the session's day by gophercloud: image, network, key, server with config drive, login, life, end.
func testGophercloud(t *testing.T, c *cloud) {
	demo := c.signIn(t, "demo")
	uploadAndCompare(t, c, demo)

	network, subnet, router := makeNetwork(t, demo, "192.168.88.0/24")
	group, err := groups.Create(t.Context(), demo.network, groups.CreateOpts{Name: "gopher"}).Extract()
	must(t, err)
	_, err = rules.Create(t.Context(), demo.network, rules.CreateOpts{
		SecGroupID: group.ID, Direction: rules.DirIngress, EtherType: rules.EtherType4,
		Protocol: rules.ProtocolTCP, PortRangeMin: 22, PortRangeMax: 22,
	}).Extract()
	must(t, err)
	pair, err := keypairs.Create(t.Context(), demo.compute, keypairs.CreateOpts{Name: "gopher"}).Extract()
	must(t, err)
	key := filepath.Join(t.TempDir(), "key")
	must(t, os.WriteFile(key, []byte(pair.PrivateKey), 0o600))

	drive := true
	server := demo.boot(t, "gopher", servers.CreateOpts{
		Name: "gopher", Networks: []servers.Network{{UUID: network}}, SecurityGroups: []string{"gopher"}, ConfigDrive: &drive,
		UserData: []byte("#!/bin/sh\necho user data by drive\n"), Metadata: map[string]string{"who": "gopher"},
	})
	fip := floatingAddress(t, demo, server.ID)
	eventually(t, 4*time.Minute, "login", func() error {
		out, err := c.command(t.Context(), "ssh", "-i", key, fip.FloatingIP, "hostname").CombinedOutput()
		if err == nil && !strings.Contains(string(out), "gopher") {
			err = errors.New(string(out))
		}
		return err
	})
	eventually(t, time.Minute, "user data on the console", func() error {
		text, err := servers.ShowConsoleOutput(t.Context(), demo.compute, server.ID, servers.ShowConsoleOutputOpts{}).Extract()
		must(t, err)
		if !strings.Contains(text, "user data by drive") || !strings.Contains(text, "config-drive") {
			return errors.New("not yet")
		}
		return nil
	})
	liveAndDie(t, demo, server.ID)

	must(t, floatingips.Delete(t.Context(), demo.network, fip.ID).ExtractErr())
	_, err = routers.RemoveInterface(t.Context(), demo.network, router, routers.RemoveInterfaceOpts{SubnetID: subnet}).Extract()
	must(t, err)
	must(t, routers.Delete(t.Context(), demo.network, router).ExtractErr())
	must(t, networks.Delete(t.Context(), demo.network, network).ExtractErr())
	must(t, groups.Delete(t.Context(), demo.network, group.ID).ExtractErr())
	must(t, keypairs.Delete(t.Context(), demo.compute, "gopher", nil).ExtractErr())
}

// uploadAndCompare puts an image in and takes it out again.
func uploadAndCompare(t *testing.T, c *cloud, demo *client) {
	t.Helper()
	bits, err := os.ReadFile(filepath.Join(filepath.Dir(c.binary), "guest", "cumulet-guest.qcow2"))
	must(t, err)
	image, err := images.Create(t.Context(), demo.image, images.CreateOpts{Name: "gopher", DiskFormat: "qcow2", ContainerFormat: "bare"}).Extract()
	must(t, err)
	must(t, imagedata.Upload(t.Context(), demo.image, image.ID, bytes.NewReader(bits)).ExtractErr())
	body, err := imagedata.Download(t.Context(), demo.image, image.ID).Extract()
	must(t, err)
	back, err := io.ReadAll(body)
	must(t, errors.Join(err, body.Close()))
	if !bytes.Equal(bits, back) {
		t.Error("the image came back changed")
	}
	must(t, images.Delete(t.Context(), demo.image, image.ID).ExtractErr())
}

// makeNetwork makes a network with a subnet behind a router to the outside.
func makeNetwork(t *testing.T, c *client, cidr string) (network, subnet, router string) {
	t.Helper()
	n, err := networks.Create(t.Context(), c.network, networks.CreateOpts{Name: "gopher"}).Extract()
	must(t, err)
	s, err := subnets.Create(t.Context(), c.network, subnets.CreateOpts{NetworkID: n.ID, CIDR: cidr, IPVersion: gophercloud.IPv4}).Extract()
	must(t, err)
	r, err := routers.Create(t.Context(), c.network, routers.CreateOpts{
		Name: "gopher", GatewayInfo: &routers.GatewayInfo{NetworkID: c.networkID(t, "public")},
	}).Extract()
	must(t, err)
	_, err = routers.AddInterface(t.Context(), c.network, r.ID, routers.AddInterfaceOpts{SubnetID: s.ID}).Extract()
	must(t, err)
	return n.ID, s.ID, r.ID
}

// floatingAddress gives a server's port an address of the outside.
func floatingAddress(t *testing.T, c *client, server string) *floatingips.FloatingIP {
	t.Helper()
	pages, err := ports.List(c.network, ports.ListOpts{DeviceID: server}).AllPages(t.Context())
	must(t, err)
	found, err := ports.ExtractPorts(pages)
	must(t, err)
	if len(found) == 0 {
		t.Fatal("the server has no port")
	}
	fip, err := floatingips.Create(t.Context(), c.network, floatingips.CreateOpts{
		FloatingNetworkID: c.networkID(t, "public"), PortID: found[0].ID,
	}).Extract()
	must(t, err)
	return fip
}

// liveAndDie takes a server through its states, then deletes it.
func liveAndDie(t *testing.T, c *client, id string) {
	t.Helper()
	ctx := t.Context()
	must(t, servers.Stop(ctx, c.compute, id).ExtractErr())
	c.status(t, id, "SHUTOFF")
	must(t, servers.Start(ctx, c.compute, id).ExtractErr())
	c.status(t, id, "ACTIVE")
	must(t, servers.Pause(ctx, c.compute, id).ExtractErr())
	c.status(t, id, "PAUSED")
	must(t, servers.Unpause(ctx, c.compute, id).ExtractErr())
	c.status(t, id, "ACTIVE")
	must(t, servers.Suspend(ctx, c.compute, id).ExtractErr())
	c.status(t, id, "SUSPENDED")
	must(t, servers.Resume(ctx, c.compute, id).ExtractErr())
	c.status(t, id, "ACTIVE")
	must(t, servers.Reboot(ctx, c.compute, id, servers.RebootOpts{Type: servers.HardReboot}).ExtractErr())
	c.status(t, id, "ACTIVE")
	pages, err := instanceactions.List(c.compute, id, nil).AllPages(ctx)
	must(t, err)
	actions, err := instanceactions.ExtractInstanceActions(pages)
	must(t, err)
	if len(actions) < 7 {
		t.Errorf("only %d actions are recorded", len(actions))
	}
	c.remove(t, id)
}
