package plugin

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"cumulet/neutron"
	"cumulet/oslo/fault"
)

// headers is what tunnels take off the MTU, outer IPv4 header included. As neutron/plugins/ml2/drivers/type_vxlan.py.
var headers = map[neutron.SegmentType]int{neutron.VXLAN: 50, neutron.GRE: 42}

// segment reserves the segment of a new network: the one asked for, or the next free of the types for projects.
func (w *work) segment(ctx context.Context, n *neutron.Network, given neutron.Given) error {
	if given["provider:network_type"] && n.Segment.Type != "" {
		return w.providerSegment(ctx, n, given["provider:segmentation_id"])
	}
	if given["provider:physical_network"] || given["provider:segmentation_id"] {
		return neutron.Invalid("network_type required")
	}
	for _, kind := range w.p.Config.TenantNetworkTypes {
		s, ok, err := w.freeSegment(ctx, kind, "", n.ID)
		if err != nil {
			return err
		}
		if ok {
			n.Segment = s
			return nil
		}
	}
	return noSegment()
}

// providerSegment reserves the segment an administrator asks for.
func (w *work) providerSegment(ctx context.Context, n *neutron.Network, idGiven bool) error {
	s := n.Segment
	switch s.Type {
	case neutron.Local:
		if s.PhysicalNetwork != "" || idGiven {
			return neutron.Invalid("provider:physical_network or provider:segmentation_id prohibited for local provider network")
		}
		return nil
	case neutron.Flat:
		if s.PhysicalNetwork == "" {
			return neutron.Invalid("physical_network required for flat provider network")
		}
		if idGiven {
			return neutron.Invalid("segmentation_id prohibited for flat provider network")
		}
		if !slices.Contains(w.p.Config.FlatNetworks, "*") && !slices.Contains(w.p.Config.FlatNetworks, s.PhysicalNetwork) {
			return neutron.Invalid("physical_network '%s' unknown for flat provider network", s.PhysicalNetwork)
		}
		return w.take(ctx, n, "FlatNetworkInUse",
			"Unable to create the flat network. Physical network %s is in use.", s.PhysicalNetwork)
	case neutron.VLAN:
		return w.providerVLAN(ctx, n, idGiven)
	case neutron.VXLAN, neutron.GRE:
		if s.PhysicalNetwork != "" {
			return neutron.Invalid("provider:physical_network specified for %s network", s.Type)
		}
		if !idGiven {
			free, ok, err := w.freeSegment(ctx, s.Type, "", n.ID)
			if err == nil && !ok {
				err = noSegment()
			}
			n.Segment = free
			return err
		}
		if s.ID < 1 || s.ID > 1<<24-1 {
			return neutron.Invalid("%d is not a valid segmentation_id for %s", s.ID, s.Type)
		}
		return w.take(ctx, n, "TunnelIdInUse", "Unable to create the network. The tunnel ID %d is in use.", s.ID)
	}
	return neutron.Invalid("network_type value '%s' not supported", s.Type)
}

func (w *work) providerVLAN(ctx context.Context, n *neutron.Network, idGiven bool) error {
	s := n.Segment
	if s.PhysicalNetwork == "" && idGiven {
		return neutron.Invalid("segmentation_id requires physical_network for VLAN provider network")
	}
	if s.PhysicalNetwork != "" && !slices.ContainsFunc(w.p.Config.VLANRanges, func(r string) bool {
		name, _, _ := strings.Cut(r, ":")
		return name == s.PhysicalNetwork
	}) {
		return neutron.Invalid("physical_network '%s' unknown for VLAN provider network", s.PhysicalNetwork)
	}
	if !idGiven {
		free, ok, err := w.freeSegment(ctx, neutron.VLAN, s.PhysicalNetwork, n.ID)
		if err == nil && !ok {
			err = noSegment()
		}
		n.Segment = free
		return err
	}
	if s.ID < 1 || s.ID > 4094 {
		return neutron.Invalid("segmentation_id out of range (1 through 4094)")
	}
	return w.take(ctx, n, "VlanIdInUse", "Unable to create the network. The VLAN %d on physical network %s is in use.",
		s.ID, s.PhysicalNetwork)
}

func noSegment() error {
	return fault.New(fault.Unavailable, "NoNetworkAvailable",
		"Unable to create the network. No tenant network is available for allocation.")
}

// take reserves exactly the network's segment.
func (w *work) take(ctx context.Context, n *neutron.Network, name, format string, args ...any) error {
	ok, err := w.TakeSegment(ctx, n.Segment, n.ID)
	if err == nil && !ok {
		err = neutron.Conflict(name, format, args...)
	}
	return err
}

// freeSegment reserves the lowest free segment of a type, of one physical network or any.
func (w *work) freeSegment(ctx context.Context, kind neutron.SegmentType, physical, networkID string) (neutron.Segment, bool, error) {
	if kind == neutron.Local {
		return neutron.Segment{Type: kind}, true, nil
	}
	for _, r := range w.ranges(kind) {
		if r.low == 0 || physical != "" && r.physical != physical {
			continue
		}
		taken, err := w.Segments(ctx, kind, r.physical, r.low, r.high)
		if err != nil {
			return neutron.Segment{}, false, err
		}
		free := r.low
		for _, id := range taken {
			if id > free {
				break
			}
			free = id + 1
		}
		if free > r.high {
			continue
		}
		s := neutron.Segment{Type: kind, PhysicalNetwork: r.physical, ID: free}
		ok, err := w.TakeSegment(ctx, s, networkID)
		return s, ok, err
	}
	return neutron.Segment{}, false, nil
}

// span is a range of segment ids on a physical network ("" for tunnels).
type span struct {
	physical  string
	low, high int
}

func (w *work) ranges(kind neutron.SegmentType) []span {
	texts := w.p.Config.VNIRanges
	if kind == neutron.VLAN {
		texts = w.p.Config.VLANRanges
	}
	var out []span
	for _, text := range texts {
		parts := strings.Split(text, ":")
		var s span
		if kind == neutron.VLAN {
			s.physical, parts = parts[0], parts[1:]
		}
		if len(parts) == 2 {
			s.low, _ = strconv.Atoi(parts[0]) // a range that is no range gives out nothing
			s.high, _ = strconv.Atoi(parts[1])
		}
		out = append(out, s)
	}
	return out
}

// mtu is the greatest that a segment carries.
func (p *Plugin) mtu(s neutron.Segment) int { return p.Config.MTU - headers[s.Type] }
