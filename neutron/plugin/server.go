package plugin

import (
	"context"

	"cumulet/neutron"
	"cumulet/oslo/messaging"
)

// Serve registers what agents ask and report on a server of neutron.Topic.
func (p *Plugin) Serve(s *messaging.Server) {
	messaging.Answer(s, p.report)
	messaging.Answer(s, p.hostWiring)
	messaging.Answer(s, p.portWiring)
	messaging.Answer(s, p.boundPorts)
	messaging.Take(s, p.portsUp)
	messaging.Take(s, p.portsDown)
	messaging.Answer(s, p.hostNetworks)
	messaging.Answer(s, p.addressOwner)
	messaging.Answer(s, p.hostRouters)
	messaging.Take(s, p.floatingIPStatus)
	messaging.Take(s, p.routerStatus)
}

// portsUp takes that ports are wired on a host: they are ACTIVE, and nova hears it.
func (p *Plugin) portsUp(ctx context.Context, in neutron.PortsUp) error {
	return p.portsReported(ctx, in.Host, in.PortIDs, func(port *neutron.Port) string {
		port.Status, port.Reason = neutron.Active, ""
		return eventPlugged
	})
}

// portsDown takes that ports are not wired on a host: they are DOWN, with the reason.
func (p *Plugin) portsDown(ctx context.Context, in neutron.PortsDown) error {
	return p.portsReported(ctx, in.Host, in.PortIDs, func(port *neutron.Port) string {
		was := port.Status
		port.Status, port.Reason = neutron.Down, in.Reason
		if was != neutron.Active {
			return ""
		}
		return eventUnplugged
	})
}

// portsReported applies an agent's report to those of the ports that are bound to its host; event gives what nova hears.
func (p *Plugin) portsReported(ctx context.Context, host string, ids []string, event func(*neutron.Port) string) error {
	if len(ids) == 0 {
		return nil
	}
	return p.tx(ctx, func(w *work) error {
		ports, err := w.Ports(ctx, neutron.By("id", ids...).Where("binding:host_id", host))
		if err != nil {
			return err
		}
		for _, port := range ports {
			old := port
			name := event(&port)
			if old.Status != port.Status || old.Reason != port.Reason {
				w.changed(&port.Revision, &port.UpdatedAt)
				if err := w.UpdatePort(ctx, port); err != nil {
					return err
				}
				if err := w.Record(ctx, "port.update.end", port); err != nil {
					return err
				}
				if old.Status != port.Status && !port.Trusted() {
					w.tell(neutron.NetworkChanged{ID: port.NetworkID}, neutron.TopicL2) // neighbours come and go
				}
			}
			if name != "" && port.Guest() {
				if err := w.Record(ctx, name, neutron.Plug{Server: port.DeviceID, Port: port.ID, Project: port.ProjectID}); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// floatingIPStatus takes how floating addresses fare.
func (p *Plugin) floatingIPStatus(ctx context.Context, in neutron.FloatingIPStatus) error {
	return p.tx(ctx, func(w *work) error {
		for id, status := range in.Statuses {
			found, err := w.FloatingIPs(ctx, neutron.By("id", id))
			if err != nil {
				return err
			}
			for _, f := range found {
				if f.Status == status {
					continue
				}
				f.Status = status
				w.changed(&f.Revision, &f.UpdatedAt)
				if err := w.UpdateFloatingIP(ctx, f); err != nil {
					return err
				}
				if err := w.Record(ctx, "floatingip.update.end", f); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// routerStatus takes how routers fare.
func (p *Plugin) routerStatus(ctx context.Context, in neutron.RouterStatus) error {
	return p.tx(ctx, func(w *work) error {
		for id, status := range in.Statuses {
			found, err := w.Routers(ctx, neutron.By("id", id))
			if err != nil {
				return err
			}
			for _, r := range found {
				if r.Status == status {
					continue
				}
				r.Status = status
				w.changed(&r.Revision, &r.UpdatedAt)
				if err := w.UpdateRouter(ctx, r); err != nil {
					return err
				}
				if status == neutron.Error {
					w.p.Log.WarnContext(ctx, "an agent could not build a router", "router", id, "host", in.Host, "reason", in.Reason)
				}
				if err := w.Record(ctx, "router.update.end", r); err != nil {
					return err
				}
			}
		}
		return nil
	})
}
