package plugin

import (
	"context"
	"slices"

	"cumulet/neutron"
)

// Mechanism is a way to plug ports on a host: it needs a live agent of its type there that reaches the port's segment.
type Mechanism struct {
	Name      string // as bound_drivers shows it
	AgentType string
	VIFType   neutron.VIFType
	Segments  []neutron.SegmentType
	VNICTypes []string
	// Details are what nova needs to plug.
	Details map[string]any
}

// Mechanisms are those that there are, tried in turn. As neutron/plugins/ml2/drivers/{linuxbridge,openvswitch}/mech_driver.
func Mechanisms() []Mechanism {
	return []Mechanism{
		{
			Name: "linuxbridge", AgentType: neutron.AgentLinuxBridge, VIFType: neutron.VIFBridge,
			Segments:  []neutron.SegmentType{neutron.Local, neutron.Flat, neutron.VXLAN}, // the agent wires no VLANs
			VNICTypes: []string{neutron.VNICNormal},
			Details:   map[string]any{"connectivity": "l2", "port_filter": true},
		},
		{
			Name: "openvswitch", AgentType: neutron.AgentOpenVSwitch, VIFType: neutron.VIFOVS,
			Segments:  []neutron.SegmentType{neutron.Local, neutron.Flat, neutron.VLAN, neutron.VXLAN, neutron.GRE},
			VNICTypes: []string{neutron.VNICNormal},
			Details:   map[string]any{"connectivity": "l2", "port_filter": true, "ovs_hybrid_plug": false},
		},
	}
}

// binds tells whether the mechanism can plug a port of a segment where the agent runs.
func (m Mechanism) binds(vnic string, s neutron.Segment, agent neutron.Agent) bool {
	if agent.Type != m.AgentType || !slices.Contains(m.VNICTypes, vnic) || !slices.Contains(m.Segments, s.Type) {
		return false
	}
	switch s.Type {
	case neutron.Flat, neutron.VLAN:
		return agent.Maps(s.PhysicalNetwork)
	case neutron.VXLAN, neutron.GRE:
		return agent.Tunnels(s.Type) && agent.TunnelIP() != ""
	}
	return true
}

// rebinding tells whether a changed port must be bound anew.
func rebinding(old, port neutron.Port, given neutron.Given) bool {
	moved := old.Binding.Host != port.Binding.Host || old.Binding.VNICType != port.Binding.VNICType
	again := port.Binding.VIFType == neutron.VIFFailed && given["binding:host_id"]
	return moved || again || given["binding:profile"] && port.Binding.VIFType == neutron.VIFFailed
}

// bind decides how a port is plugged on its host, and has it DOWN until the agent there reports it wired.
func (w *work) bind(ctx context.Context, port *neutron.Port, n neutron.Network) error {
	b := &port.Binding
	if b.VNICType == "" {
		b.VNICType = neutron.VNICNormal
	}
	b.VIFType, b.Details = neutron.VIFUnbound, nil
	if port.DeviceOwner == neutron.OwnerFloatingIP {
		return nil
	}
	port.Status, port.Reason = neutron.Down, ""
	if b.Host == "" {
		return nil
	}
	agents, err := w.p.agents(ctx, w, neutron.By("host", b.Host))
	if err != nil {
		return err
	}
	mechanisms := w.p.Mechanisms
	if mechanisms == nil {
		mechanisms = Mechanisms()
	}
	for _, m := range mechanisms {
		for _, agent := range agents {
			if agent.Alive && agent.AdminUp && m.binds(b.VNICType, n.Segment, agent) {
				b.VIFType = m.VIFType
				b.Details = map[string]any{"bound_drivers": map[string]any{"0": m.Name}}
				for k, v := range m.Details {
					b.Details[k] = v
				}
				if bridge, ok := agent.Configurations[neutron.ConfigBridge].(string); ok {
					b.Details["bridge_name"] = bridge
				}
				return nil
			}
		}
	}
	b.VIFType = neutron.VIFFailed
	port.Reason = "no live agent on host " + b.Host + " reaches the network's " + string(n.Segment.Type) + " segment"
	return nil
}
