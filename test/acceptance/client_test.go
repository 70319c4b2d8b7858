package acceptance

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gophercloud/gophercloud/v2"
	"github.com/gophercloud/gophercloud/v2/openstack"
	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/keypairs"
	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/servers"
	"github.com/gophercloud/gophercloud/v2/openstack/identity/v3/projects"
	"github.com/gophercloud/gophercloud/v2/openstack/identity/v3/roles"
	"github.com/gophercloud/gophercloud/v2/openstack/identity/v3/users"
	"github.com/gophercloud/gophercloud/v2/openstack/image/v2/images"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/networks"
)

// client is one account's way to every service, by gophercloud.
type client struct {
	identity, compute, network, image *gophercloud.ServiceClient
}

// signIn makes the clients of an account that `cumulet env` knows.
func (c *cloud) signIn(t *testing.T, who string) *client {
	t.Helper()
	values := map[string]string{}
	for _, line := range strings.Split(c.run(t, "env", who), "\n") {
		if name, value, ok := strings.Cut(strings.TrimPrefix(line, "export "), "="); ok {
			values[name] = strings.Trim(value, "'")
		}
	}
	return newClient(t, gophercloud.AuthOptions{
		IdentityEndpoint: values["OS_AUTH_URL"], Username: values["OS_USERNAME"], Password: values["OS_PASSWORD"],
		TenantName: values["OS_PROJECT_NAME"], DomainName: values["OS_USER_DOMAIN_NAME"], AllowReauth: true,
	})
}

func newClient(t *testing.T, options gophercloud.AuthOptions) *client {
	t.Helper()
	provider, err := openstack.AuthenticatedClient(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	made := &client{}
	for _, s := range []struct {
		to   **gophercloud.ServiceClient
		make func(*gophercloud.ProviderClient, gophercloud.EndpointOpts) (*gophercloud.ServiceClient, error)
	}{
		{&made.identity, openstack.NewIdentityV3}, {&made.compute, openstack.NewComputeV2},
		{&made.network, openstack.NewNetworkV2}, {&made.image, openstack.NewImageV2},
	} {
		if *s.to, err = s.make(provider, gophercloud.EndpointOpts{Region: "RegionOne"}); err != nil {
			t.Fatal(err)
		}
	}
	made.compute.Microversion = "2.60"
	return made
}

// stranger makes a project with a user of its own and signs in.
func stranger(t *testing.T, admin *client, url string) *client {
	t.Helper()
	name := fmt.Sprintf("stranger-%d", time.Now().UnixNano())
	project, err := projects.Create(t.Context(), admin.identity, projects.CreateOpts{Name: name, DomainID: "default"}).Extract()
	must(t, err)
	user, err := users.Create(t.Context(), admin.identity, users.CreateOpts{Name: name, DomainID: "default", Password: name}).Extract()
	must(t, err)
	pages, err := roles.List(admin.identity, roles.ListOpts{Name: "member"}).AllPages(t.Context())
	must(t, err)
	found, err := roles.ExtractRoles(pages)
	must(t, err)
	if len(found) != 1 {
		t.Fatalf("%d roles are named member", len(found))
	}
	must(t, roles.Assign(t.Context(), admin.identity, found[0].ID, roles.AssignOpts{UserID: user.ID, ProjectID: project.ID}).ExtractErr())
	t.Cleanup(func() {
		_ = users.Delete(t.Context(), admin.identity, user.ID).ExtractErr() // the cloud is wiped anyway
	})
	return newClient(t, gophercloud.AuthOptions{
		IdentityEndpoint: url, Username: name, Password: name, TenantName: name, DomainName: "Default", AllowReauth: true,
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// guestImage is the id of the image that a new cloud has.
func (c *client) guestImage(t *testing.T) string {
	t.Helper()
	pages, err := images.List(c.image, images.ListOpts{Name: "cumulet-guest"}).AllPages(t.Context())
	must(t, err)
	found, err := images.ExtractImages(pages)
	must(t, err)
	if len(found) == 0 {
		t.Fatal("there is no image cumulet-guest")
	}
	return found[0].ID
}

func (c *client) networkID(t *testing.T, name string) string {
	t.Helper()
	pages, err := networks.List(c.network, networks.ListOpts{Name: name}).AllPages(t.Context())
	must(t, err)
	found, err := networks.ExtractNetworks(pages)
	must(t, err)
	if len(found) != 1 {
		t.Fatalf("%d networks are named %s", len(found), name)
	}
	return found[0].ID
}

// boot creates a server and waits until it is ACTIVE.
func (c *client) boot(t *testing.T, key string, options servers.CreateOpts) *servers.Server {
	t.Helper()
	return c.bootWhere(t, key, options, nil)
}

// bootWhere is boot with hints to the scheduler.
func (c *client) bootWhere(t *testing.T, key string, options servers.CreateOpts, hints servers.SchedulerHintOptsBuilder) *servers.Server {
	t.Helper()
	options.ImageRef, options.FlavorRef = c.guestImage(t), "42"
	var builder servers.CreateOptsBuilder = options
	if key != "" {
		builder = keypairs.CreateOptsExt{CreateOptsBuilder: options, KeyName: key}
	}
	server, err := servers.Create(t.Context(), c.compute, builder, hints).Extract()
	must(t, err)
	c.status(t, server.ID, "ACTIVE")
	server, err = servers.Get(t.Context(), c.compute, server.ID).Extract()
	must(t, err)
	return server
}

// status waits for a server's status.
func (c *client) status(t *testing.T, id, want string) {
	t.Helper()
	eventually(t, 4*time.Minute, "server "+want, func() error {
		server, err := servers.Get(t.Context(), c.compute, id).Extract()
		must(t, err)
		if server.Status == "ERROR" && want != "ERROR" {
			t.Fatalf("server %s is in ERROR: %+v", id, server.Fault)
		}
		if server.Status != want {
			return errors.New(server.Status)
		}
		return nil
	})
}

// remove deletes a server and waits until it is gone.
func (c *client) remove(t *testing.T, id string) {
	t.Helper()
	must(t, servers.Delete(t.Context(), c.compute, id).ExtractErr())
	eventually(t, 2*time.Minute, "server deleted", func() error {
		server, err := servers.Get(t.Context(), c.compute, id).Extract()
		if gophercloud.ResponseCodeIs(err, 404) {
			return nil
		}
		must(t, err)
		return errors.New(server.Status)
	})
}

// address is a server's first fixed address.
func address(t *testing.T, s *servers.Server) string {
	t.Helper()
	for _, list := range s.Addresses {
		for _, entry := range list.([]any) {
			return entry.(map[string]any)["addr"].(string)
		}
	}
	t.Fatalf("server %s has no address", s.Name)
	return ""
}
