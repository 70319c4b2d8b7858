package conductor

import (
	"context"

	"cumulet/nova"
	novadb "cumulet/nova/db"
	"cumulet/nova/network"
)

// connect makes and binds the server's ports, and remembers them.
func (c *Conductor) connect(ctx context.Context, st *nova.CreateState) error {
	s, err := c.wanted(ctx, st.ServerID)
	if err != nil {
		return err
	}
	info, err := c.Network.Connect(ctx, network.Plan{
		Server: s, Host: s.Host, Zone: s.AvailabilityZone, Networks: st.Networks, SecurityGroups: st.SecurityGroups,
	})
	if err != nil {
		return err
	}
	_, err = c.alter(ctx, s.ID, func(_ *novadb.Tx, s *nova.Server) error {
		s.Network = merged(s.Network, info)
		progress(s, nova.Spawning)
		return nil
	})
	return err
}

// merged keeps what events told of ports while they were being read.
func merged(known, read nova.NetworkInfo) nova.NetworkInfo {
	for i := range read {
		if vif := known.WithPort(read[i].PortID); vif != nil {
			read[i].Active = read[i].Active || vif.Active
		}
	}
	return read
}

// disconnect deletes the ports that were made and gives back those that were named.
func (c *Conductor) disconnect(ctx context.Context, st *nova.CreateState) error {
	kept := map[string]bool{}
	for _, r := range st.Networks {
		if r.PortID != "" {
			kept[r.PortID] = true
		}
	}
	if err := c.Network.Disconnect(ctx, st.ServerID, kept); err != nil {
		return err
	}
	return c.forgetPorts(ctx, st.ServerID)
}

func (c *Conductor) forgetPorts(ctx context.Context, id string) error {
	_, err := c.alter(ctx, id, func(_ *novadb.Tx, s *nova.Server) error {
		s.Network = nil
		return nil
	})
	return err
}

// RefreshNetwork reads a server's ports anew: addresses came or went.
func (c *Conductor) RefreshNetwork(ctx context.Context, m nova.RefreshNetwork) error {
	s, err := c.DB.Server(ctx, m.ServerID)
	if err != nil || s.Deleted || s.TaskState == nova.Deleting {
		if gone(err) {
			return nil
		}
		return err
	}
	info, err := c.Network.Info(ctx, s)
	if err != nil {
		return err
	}
	_, err = c.alter(ctx, s.ID, func(_ *novadb.Tx, s *nova.Server) error {
		var kept nova.NetworkInfo
		for _, vif := range info { // only ports that are the server's by its own flows
			if s.Network.WithPort(vif.PortID) != nil {
				kept = append(kept, vif)
			}
		}
		s.Network = merged(s.Network, kept)
		return nil
	})
	return err
}
