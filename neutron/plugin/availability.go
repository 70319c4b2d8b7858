package plugin

import (
	"context"
	"math/big"

	"cumulet/neutron"
	"cumulet/neutron/ipam"
)

// IPAvailability counts the addresses of networks: all that pools hold, and those in use.
func (p *Plugin) IPAvailability(ctx context.Context, q neutron.Query) ([]neutron.IPAvailability, error) {
	networks, err := p.DB.Networks(ctx, q)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(networks))
	for i, n := range networks {
		ids[i] = n.ID
	}
	subnets, err := p.DB.Subnets(ctx, neutron.By("network_id", ids...))
	if err != nil {
		return nil, err
	}
	all := make([]string, len(subnets))
	for i, s := range subnets {
		all[i] = s.ID
	}
	used, err := p.DB.UsedAddresses(ctx, all)
	if err != nil {
		return nil, err
	}
	out := make([]neutron.IPAvailability, len(networks))
	for i, n := range networks {
		out[i] = neutron.IPAvailability{Network: n, Total: new(big.Int)}
		for _, s := range subnets {
			if s.NetworkID != n.ID {
				continue
			}
			of := neutron.SubnetAvailability{Subnet: s, Total: ipam.Size(s.Pools), Used: used[s.ID]}
			out[i].Subnets = append(out[i].Subnets, of)
			out[i].Total.Add(out[i].Total, of.Total)
			out[i].Used += of.Used
		}
	}
	return out, nil
}
