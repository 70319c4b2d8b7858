package identity

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"

	"github.com/gophercloud/gophercloud/v2"
	"github.com/gophercloud/gophercloud/v2/openstack/identity/v3/projects"

	"cumulet/oslo/fault"
	"cumulet/oslo/policy"
)

// Client asks keystone, as the caller: who may not see projects learns nothing of them here either.
type Client struct {
	Keystone *gophercloud.ServiceClient
	Log      *slog.Logger
}

// CheckProject refuses a project that keystone does not know. What cannot be told passes; as nova/api/openstack/identity.py,
// verify_project_id.
func (c *Client) CheckProject(ctx context.Context, who policy.Who, id string) error {
	_, err := projects.Get(ctx, c.as(who), url.PathEscape(id)).Extract()
	if gophercloud.ResponseCodeIs(err, http.StatusNotFound) {
		return fault.New(fault.Invalid, "HTTPBadRequest", "Project ID %s is not a valid project.", id)
	}
	if err != nil {
		c.Log.InfoContext(ctx, "cannot tell whether a project exists", "project", id, "error", err)
	}
	return nil
}

func (c *Client) as(who policy.Who) *gophercloud.ServiceClient {
	if who.Token == "" {
		return c.Keystone
	}
	theirs := *c.Keystone
	theirs.ProviderClient = &gophercloud.ProviderClient{
		HTTPClient: c.Keystone.HTTPClient, UserAgent: c.Keystone.UserAgent, TokenID: who.Token,
	}
	return &theirs
}
