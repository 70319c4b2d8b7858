package network

import (
	"context"
	"net/netip"
	"net/url"

	"github.com/gophercloud/gophercloud/v2"

	"cumulet/nova"
	"cumulet/oslo/fault"
	"cumulet/oslo/policy"
)

// Check gives the requests of a creation as they will be carried out: with mode named and no requests, the one network
// that the project has. As nova/network/neutron.py, validate_networks.
func (c *Client) Check(
	ctx context.Context, who policy.Who, mode string, asked []nova.RequestedNetwork, servers int,
) ([]nova.RequestedNetwork, error) {
	if mode == nova.NetworksNone {
		return nil, nil
	}
	n := c.as(who)
	if len(asked) == 0 {
		return onlyNetwork(ctx, n, who.ProjectID, mode)
	}
	checked := make([]nova.RequestedNetwork, len(asked))
	for i, r := range asked {
		var err error
		if r.PortID != "" {
			r, err = checkPort(ctx, n, r, servers)
		} else {
			err = checkNetwork(ctx, n, r, servers)
		}
		if err != nil {
			return nil, err
		}
		checked[i] = r
	}
	return checked, nil
}

// onlyNetwork is the network of a project that has but one. Having none is no error unless one was wanted.
func onlyNetwork(ctx context.Context, n *gophercloud.ServiceClient, projectID, mode string) ([]nova.RequestedNetwork, error) {
	networks, err := available(ctx, n, projectID)
	if err != nil {
		return nil, err
	}
	switch {
	case len(networks) > 1:
		return nil, fault.New(fault.Conflict, "NetworkAmbiguous",
			"More than one possible network found. Specify network ID(s) to select which one(s) to connect to.")
	case len(networks) == 0 && mode == nova.NetworksAuto:
		return nil, fault.New(fault.Invalid, "UnableToAutoAllocateNetwork",
			"Unable to automatically allocate a network for project %s", projectID)
	case len(networks) == 0:
		return nil, nil
	}
	if err := attachable(networks[0]); err != nil {
		return nil, err
	}
	return []nova.RequestedNetwork{{NetworkID: networks[0].ID}}, nil
}

func attachable(one network) error {
	if len(one.Subnets) == 0 {
		return fault.New(fault.Invalid, "NetworkRequiresSubnet",
			"Network %s requires a subnet in order to boot instances on.", one.ID)
	}
	if one.External && !one.Shared {
		return fault.New(fault.Forbidden, "ExternalNetworkAttachForbidden",
			"It is not allowed to create an interface on external network %s", one.ID)
	}
	return nil
}

func checkPort(ctx context.Context, n *gophercloud.ServiceClient, r nova.RequestedNetwork, servers int) (nova.RequestedNetwork, error) {
	p, err := portByID(ctx, n, r.PortID)
	switch {
	case fault.Is(err, fault.NotFound):
		return r, fault.New(fault.Invalid, "PortNotFound", "Port id %s could not be found.", r.PortID)
	case err != nil:
		return r, err
	case servers > 1:
		return r, fault.New(fault.Invalid, "MultiplePortsNotApplicable",
			"Failed to launch instances: Port ID and multiple servers do not go together")
	case p.DeviceID != "":
		return r, fault.New(fault.Conflict, "PortInUse", "Port %s is still in use.", r.PortID)
	case len(p.FixedIPs) == 0 && p.IPAllocation != "none":
		return r, fault.New(fault.Invalid, "PortRequiresFixedIP", "Port %s requires a FixedIP in order to be used.", r.PortID)
	}
	r.NetworkID, r.FixedIP = p.NetworkID, ""
	return r, nil
}

func checkNetwork(ctx context.Context, n *gophercloud.ServiceClient, r nova.RequestedNetwork, servers int) error {
	one, err := networkByID(ctx, n, r.NetworkID)
	if err != nil {
		return err
	}
	if err := attachable(one); err != nil || r.FixedIP == "" {
		return err
	}
	if _, err := netip.ParseAddr(r.FixedIP); err != nil {
		return fault.New(fault.Invalid, "InvalidInput", "Invalid fixed IP address (%s)", r.FixedIP)
	}
	if servers > 1 {
		return fault.New(fault.Invalid, "InvalidFixedIpAndMaxCountRequest",
			"Failed to launch instances: max_count cannot be greater than 1 if an fixed_ip is specified.")
	}
	taken, err := ports(ctx, n, url.Values{"network_id": {r.NetworkID}, "fixed_ips": {"ip_address=" + r.FixedIP}})
	if err != nil {
		return err
	}
	if len(taken) > 0 {
		return fault.New(fault.Invalid, "FixedIpAlreadyInUse",
			"Fixed IP address %s is already in use on instance %s.", r.FixedIP, taken[0].DeviceID)
	}
	return nil
}
