package network

import (
	"context"
	"net/url"

	"github.com/gophercloud/gophercloud/v2"

	"cumulet/oslo/fault"
)

// network is a neutron network as far as nova looks.
type network struct {
	ID        string   `json:"id"`
	Name      string   `json:"name"`
	ProjectID string   `json:"project_id"`
	Subnets   []string `json:"subnets"`
	External  bool     `json:"router:external"`
	Shared    bool     `json:"shared"`
	MTU       int      `json:"mtu"`
}

// subnet is a neutron subnet as far as nova looks.
type subnet struct {
	ID         string   `json:"id"`
	CIDR       string   `json:"cidr"`
	GatewayIP  *string  `json:"gateway_ip"`
	IPVersion  int      `json:"ip_version"`
	DNS        []string `json:"dns_nameservers"`
	DHCP       bool     `json:"enable_dhcp"`
	IPv6Mode   *string  `json:"ipv6_address_mode"`
	HostRoutes []struct {
		Destination string `json:"destination"`
		NextHop     string `json:"nexthop"`
	} `json:"host_routes"`
}

func networkByID(ctx context.Context, n *gophercloud.ServiceClient, id string) (network, error) {
	var answer struct {
		Network network `json:"network"`
	}
	err := get(ctx, n, "networks/"+url.PathEscape(id), nil, &answer)
	if fault.Is(err, fault.NotFound) {
		err = fault.New(fault.Invalid, "NetworkNotFound", "Network %s could not be found.", id)
	}
	return answer.Network, err
}

// available are the networks a project may attach to without naming them: its own, and the shared ones; as
// nova/network/neutron.py, _get_available_networks.
func available(ctx context.Context, n *gophercloud.ServiceClient, projectID string) ([]network, error) {
	var all []network
	seen := map[string]bool{}
	for _, query := range []url.Values{
		{"tenant_id": {projectID}, "shared": {"false"}, "admin_state_up": {"true"}},
		{"shared": {"true"}},
	} {
		var answer struct {
			Networks []network `json:"networks"`
		}
		if err := get(ctx, n, "networks", query, &answer); err != nil {
			return nil, err
		}
		for _, one := range answer.Networks {
			if !seen[one.ID] {
				seen[one.ID] = true
				all = append(all, one)
			}
		}
	}
	return all, nil
}
