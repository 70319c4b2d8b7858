// Package compute is neutron's side of nova: it tells nova what happens to servers' ports. It asks nova nothing.
package compute

import (
	"context"
	"net/http"

	"github.com/gophercloud/gophercloud/v2"

	"cumulet/neutron"
)

// Client tells nova by its own API, as a service user.
type Client struct {
	Nova *gophercloud.ServiceClient
}

// event is one external event as nova takes it. As nova's api-ref/source/os-server-external-events.inc.
type event struct {
	Name   string `json:"name"`
	Server string `json:"server_uuid"`
	Tag    string `json:"tag"` // the port's id
	Status string `json:"status"`
}

// ServerEvents delivers events. Events that nova knows no server for are settled by that: nova then answers 404 when there is
// none among them that it knows, and 207 when there is. A body that nova refuses (400) would be refused again.
func (c *Client) ServerEvents(ctx context.Context, events []neutron.ServerEvent) error {
	body := struct {
		Events []event `json:"events"`
	}{make([]event, len(events))}
	for i, e := range events {
		body.Events[i] = event{Name: e.Name, Server: e.ServerID, Tag: e.PortID, Status: "completed"}
	}
	answer, err := c.Nova.Post(ctx, c.Nova.ServiceURL("os-server-external-events"), body, nil, &gophercloud.RequestOpts{
		OkCodes: []int{http.StatusOK, http.StatusMultiStatus, http.StatusNotFound, http.StatusBadRequest},
	})
	if err != nil {
		return err
	}
	return answer.Body.Close()
}
