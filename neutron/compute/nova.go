// Package compute is neutron's side of nova: it tells nova what happens to servers' ports. It decides nothing and keeps nothing.
package compute

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/gophercloud/gophercloud/v2"

	"cumulet/neutron"
)

// Nova posts server events to nova's API.
type Nova struct {
	// Client is of nova, with credentials that may post server events.
	Client *gophercloud.ServiceClient
}

// heard are nova's answers after which an event is not to come again: taken, taken in part, or about servers that are no more.
// As nova/api/openstack/compute/server_external_events.py.
var heard = []int{http.StatusOK, http.StatusAccepted, http.StatusMultiStatus, http.StatusBadRequest, http.StatusNotFound}

// ServerEvents delivers events; an error means that they must come again.
func (n *Nova) ServerEvents(ctx context.Context, events []neutron.ServerEvent) error {
	list := make([]map[string]string, len(events))
	for i, e := range events {
		list[i] = map[string]string{"name": e.Name, "server_uuid": e.ServerID, "tag": e.PortID, "status": "completed"}
		if e.Name == "network-changed" || e.Name == "network-vif-deleted" {
			delete(list[i], "status")
		}
	}
	res, err := n.Client.Post(ctx, n.Client.ServiceURL("os-server-external-events"), map[string]any{"events": list}, nil,
		&gophercloud.RequestOpts{OkCodes: heard})
	if res != nil && res.Body != nil {
		res.Body.Close()
	}
	if err != nil {
		if code, ok := err.(gophercloud.ErrUnexpectedResponseCode); ok && slices.Contains(heard, code.Actual) {
			return nil
		}
		return fmt.Errorf("post server events: %w", err)
	}
	return nil
}
