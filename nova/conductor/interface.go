package conductor

import (
	"context"
	"slices"
	"time"

	"cumulet/nova"
	novadb "cumulet/nova/db"
	"cumulet/nova/network"
	"cumulet/oslo/fault"
	"cumulet/oslo/flow"
	"cumulet/oslo/messaging"
)

func (c *Conductor) interfaceFlow() flow.Flow[nova.InterfaceState] {
	return flow.Flow[nova.InterfaceState]{
		Name: nova.InterfaceFlow,
		Steps: []flow.Step[nova.InterfaceState]{
			{Name: "port", Do: c.addPort, Undo: c.dropPort, Tries: 3},
			{Name: "plug", Do: c.plug, Undo: c.unplug, Deadline: 2 * time.Minute, Tries: 3},
			{Name: "record", Do: c.recordInterface, Tries: 5},
		},
		Failed: c.interfaceFailed,
	}
}

func interfaceEvent(st *nova.InterfaceState) string {
	if st.Detach {
		return "compute_detach_interface"
	}
	return "compute_attach_interface"
}

// addPort makes or binds the port; its guest's other ports are in the plan so that they are not taken for it.
func (c *Conductor) addPort(ctx context.Context, st *nova.InterfaceState) error {
	s, err := c.wanted(ctx, st.ServerID)
	if err != nil {
		return err
	}
	if err := c.begin(ctx, st.ActionID, interfaceEvent(st), s.Host); err != nil || st.Detach {
		return err
	}
	var plan []nova.RequestedNetwork
	for _, vif := range s.Network {
		plan = append(plan, nova.RequestedNetwork{PortID: vif.PortID, NetworkID: vif.NetworkID})
	}
	info, err := c.Network.Connect(ctx, network.Plan{
		Server: s, Host: s.Host, Zone: s.AvailabilityZone, Networks: append(plan, st.Request),
	})
	if err != nil {
		return err
	}
	st.VIF = info[len(info)-1]
	return nil
}

// dropPort gives up whatever port the server has beside those remembered.
func (c *Conductor) dropPort(ctx context.Context, st *nova.InterfaceState) error {
	if st.Detach {
		return nil
	}
	s, err := c.DB.Server(ctx, st.ServerID)
	if gone(err) {
		return nil
	}
	if err != nil {
		return err
	}
	there, err := c.Network.Wired(ctx, s.ID)
	if err != nil {
		return err
	}
	for id := range there {
		if s.Network.WithPort(id) == nil {
			if err := c.Network.Release(ctx, nova.VIF{PortID: id, Created: id != st.Request.PortID}); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *Conductor) plug(ctx context.Context, st *nova.InterfaceState) error {
	return c.whileWanted(ctx, st.ServerID, func(ctx context.Context, s nova.Server) error {
		if !st.Detach {
			_, err := messaging.Call[struct{}](ctx, c.Bus, on(s.Host), nova.PlugVIF{Server: s, VIF: st.VIF})
			return err
		}
		if _, err := messaging.Call[struct{}](ctx, c.Bus, on(s.Host), nova.UnplugVIF{Server: s, VIF: st.VIF}); err != nil {
			return err
		}
		return c.Network.Release(ctx, st.VIF)
	})
}

func (c *Conductor) unplug(ctx context.Context, st *nova.InterfaceState) error {
	s, err := c.DB.Server(ctx, st.ServerID)
	if gone(err) || err == nil && s.Deleted || st.Detach || st.VIF.PortID == "" {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = messaging.Call[struct{}](ctx, c.Bus, on(s.Host), nova.UnplugVIF{Server: s, VIF: st.VIF})
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if up, upErr := c.up(ctx, s.Host); upErr == nil && !up {
		return nil
	}
	return err
}

func (c *Conductor) recordInterface(ctx context.Context, st *nova.InterfaceState) error {
	_, err := c.alter(ctx, st.ServerID, func(tx *novadb.Tx, s *nova.Server) error {
		if known := s.Network.WithPort(st.VIF.PortID); st.Detach {
			s.Network = slices.DeleteFunc(s.Network, func(v nova.VIF) bool { return v.PortID == st.VIF.PortID })
		} else if known == nil {
			s.Network = append(s.Network, st.VIF)
		}
		if err := c.end(ctx, tx, st.ActionID, interfaceEvent(st), s.Host, nil); err != nil {
			return err
		}
		name := "server.interface_attach.end"
		if st.Detach {
			name = "server.interface_detach.end"
		}
		return record(ctx, tx, name, *s)
	})
	return err
}

func (c *Conductor) interfaceFailed(ctx context.Context, st *nova.InterfaceState, why error) error {
	_, err := c.alter(ctx, st.ServerID, func(tx *novadb.Tx, s *nova.Server) error {
		return c.end(ctx, tx, st.ActionID, interfaceEvent(st), s.Host, why)
	})
	if gone(err) {
		return nil
	}
	return err
}
