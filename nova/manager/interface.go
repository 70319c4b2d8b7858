package manager

import (
	"context"

	"cumulet/nova"
	novadb "cumulet/nova/db"
	"cumulet/oslo/fault"
	"cumulet/oslo/flow"
	"cumulet/oslo/policy"
)

// Interfaces lists a server's ports as remembered.
func (m *Manager) Interfaces(ctx context.Context, who policy.Who, id string) (nova.NetworkInfo, error) {
	s, err := m.Server(ctx, who, id)
	return s.Network, err
}

// AttachInterface gives a server one more port and returns once it is plugged.
func (m *Manager) AttachInterface(ctx context.Context, who policy.Who, id string, r nova.RequestedNetwork) (nova.VIF, error) {
	var asked []nova.RequestedNetwork
	if r != (nova.RequestedNetwork{}) {
		asked = []nova.RequestedNetwork{r}
	}
	checked, err := m.Networks.Check(ctx, who, nova.NetworksNamed, asked, 1)
	if err != nil {
		return nova.VIF{}, err
	}
	if len(checked) != 1 {
		return nova.VIF{}, invalid("InterfaceAttachFailedNoNetwork",
			"No specific network was requested and none are available for project '%s'.", who.ProjectID)
	}
	operation, before, err := m.startInterface(ctx, who, id, nova.AttachInterface,
		nova.InterfaceState{ServerID: id, Request: checked[0]})
	if err != nil {
		return nova.VIF{}, err
	}
	ended, err := flow.Wait(ctx, m.DB.DB, operation)
	if err != nil {
		return nova.VIF{}, doing(err, "attach interface to %q", id)
	}
	s, err := m.Server(ctx, who, id)
	if err != nil {
		return nova.VIF{}, err
	}
	for _, vif := range s.Network {
		if before.Network.WithPort(vif.PortID) == nil && ended.Status == flow.Done {
			return vif, nil
		}
	}
	return nova.VIF{}, fault.New(fault.Conflict, "InterfaceAttachFailed", "Failed to attach network adapter device to %s", id)
}

// DetachInterface records the flow that takes a port off a server.
func (m *Manager) DetachInterface(ctx context.Context, who policy.Who, id, portID string) error {
	s, err := m.Server(ctx, who, id)
	if err != nil {
		return err
	}
	vif := s.Network.WithPort(portID)
	if vif == nil {
		return fault.New(fault.NotFound, "PortNotFound", "Port id %s could not be found.", portID)
	}
	_, _, err = m.startInterface(ctx, who, id, nova.DetachInterface,
		nova.InterfaceState{ServerID: id, VIF: *vif, Detach: true})
	return err
}

// startInterface records the flow, and gives its id and the server before it.
func (m *Manager) startInterface(
	ctx context.Context, who policy.Who, id string, t nova.Transition, state nova.InterfaceState,
) (operation string, before nova.Server, err error) {
	event := "server.interface_attach.start"
	if state.Detach {
		event = "server.interface_detach.start"
	}
	before, err = m.alter(ctx, who, id, event, func(tx *novadb.Tx, s *nova.Server) error {
		if err := allowed(who, *s, t); err != nil {
			return err
		}
		action, err := m.beginAction(ctx, tx, who, id, t.Action)
		if err != nil {
			return err
		}
		state.ActionID = action
		operation, err = flow.Start(ctx, tx.Tx, nova.InterfaceFlow, id, state)
		return err
	})
	if err == nil {
		m.nudge(ctx)
	}
	return operation, before, err
}
