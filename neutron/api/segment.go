package api

import (
	"context"

	"cumulet/neutron"
)

// segments says a network's provider attributes as a list. A network lies on one segment, so the list has one entry, and the
// answer tells it by the provider attributes. As neutron_lib/api/definitions/multiprovidernet.py.
func segments() attribute[network] {
	at := plain[network]("segments", post|ruled, segmentList)
	at.set = func(n *network, v any) {
		for _, s := range v.([]neutron.Segment) {
			n.Segment = s
		}
	}
	return at
}

var segmentList = kind{check: func(v any) (any, error) {
	if v == nil {
		v = []any{}
	}
	list, err := objects("segments", v, "provider:network_type", "provider:physical_network", "provider:segmentation_id")
	if err != nil {
		return nil, err
	}
	if len(list) > 1 {
		return nil, reason("a network has one segment, not " + python(len(list)))
	}
	out := make([]neutron.Segment, len(list))
	for i, o := range list {
		_, set, err := take(providerAttributes(), o, true)
		if err != nil {
			return nil, err
		}
		var n network
		set(&n)
		out[i] = n.Segment
	}
	return out, nil
}}

// segmentedNetworks makes networks whose segments stand for the provider attributes.
func (a *API) segmentedNetworks(ctx context.Context, as neutron.Scope, drafts []neutron.Draft[network]) ([]network, error) {
	for _, d := range drafts {
		if !d.Given["segments"] {
			continue
		}
		for _, name := range []string{"provider:network_type", "provider:physical_network", "provider:segmentation_id"} {
			if d.Given[name] {
				return nil, neutron.Invalid("Segments and provider values cannot both be set")
			}
		}
		d.Given["provider:network_type"] = d.Of.Segment.Type != ""
		d.Given["provider:physical_network"] = d.Of.Segment.PhysicalNetwork != ""
		d.Given["provider:segmentation_id"] = d.Of.Segment.ID != 0
	}
	return a.Plugin.CreateNetworks(ctx, as, drafts)
}
