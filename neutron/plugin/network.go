package plugin

import (
	"context"
	"fmt"
	"strings"

	"cumulet/neutron"
)

// Networks lists networks.
func (p *Plugin) Networks(ctx context.Context, q neutron.Query) ([]neutron.Network, error) {
	return p.DB.Networks(ctx, q)
}

// Network finds a network within a scope.
func (p *Plugin) Network(ctx context.Context, as neutron.Scope, id string) (neutron.Network, error) {
	return p.DB.Network(ctx, as, id)
}

// BareNetwork is Network without its subnets' ids, tags and zones.
func (p *Plugin) BareNetwork(ctx context.Context, as neutron.Scope, id string) (neutron.Network, error) {
	return p.DB.BareNetwork(ctx, as, id)
}

// CreateNetworks makes networks, all or none.
func (p *Plugin) CreateNetworks(ctx context.Context, as neutron.Scope, drafts []neutron.Draft[neutron.Network]) ([]neutron.Network, error) {
	return createAll(ctx, p, drafts, func(w *work, d neutron.Draft[neutron.Network]) (neutron.Network, error) {
		return w.createNetwork(ctx, d.Of, d.Given)
	})
}

// createAll makes each draft in one transaction.
func createAll[N any](ctx context.Context, p *Plugin, drafts []neutron.Draft[N], create func(*work, neutron.Draft[N]) (N, error)) ([]N, error) {
	var made []N
	err := p.tx(ctx, func(w *work) error {
		made = make([]N, 0, len(drafts))
		for _, d := range drafts {
			n, err := create(w, d)
			if err != nil {
				return err
			}
			made = append(made, n)
		}
		return nil
	})
	return made, err
}

func (w *work) createNetwork(ctx context.Context, n neutron.Network, given neutron.Given) (neutron.Network, error) {
	if err := w.admit(ctx, n.ProjectID, "network", 1); err != nil {
		return n, err
	}
	n.ID, n.Status = newID(), neutron.Active
	w.made(&n.Revision, &n.CreatedAt, &n.UpdatedAt)
	n.Revision = 1 // as upstream, where a second table counts as a change
	if err := w.onlyDefault(ctx, n); err != nil {
		return n, err
	}
	if err := w.segment(ctx, &n, given); err != nil {
		return n, err
	}
	if err := w.setMTU(&n); err != nil {
		return n, err
	}
	if err := w.InsertNetwork(ctx, n); err != nil {
		return n, fmt.Errorf("create network %q: %w", n.ID, err)
	}
	if _, err := w.defaultGroup(ctx, n.ProjectID); err != nil {
		return n, err
	}
	w.tell(neutron.NetworkChanged{ID: n.ID}, neutron.TopicDHCP)
	return n, w.Record(ctx, "network.create.end", n)
}

func (w *work) setMTU(n *neutron.Network) error {
	most := w.p.mtu(n.Segment)
	if n.MTU == 0 {
		n.MTU = most
	}
	if n.MTU > most {
		return neutron.Invalid("Requested MTU is too big, maximum is %d", most)
	}
	return nil
}

// onlyDefault refuses a second default external network.
func (w *work) onlyDefault(ctx context.Context, n neutron.Network) error {
	if !n.Default {
		return nil
	}
	others, err := w.Networks(ctx, neutron.By("is_default", true))
	if err != nil {
		return err
	}
	for _, o := range others {
		if o.ID != n.ID {
			return neutron.Conflict("DefaultExternalNetworkExists",
				"A default external network already exists: %s.", o.ID)
		}
	}
	return nil
}

// UpdateNetwork changes a network.
func (p *Plugin) UpdateNetwork(ctx context.Context, as neutron.Scope, id string, change neutron.Change[neutron.Network]) (neutron.Network, error) {
	var n neutron.Network
	err := p.tx(ctx, func(w *work) error {
		old, err := w.Network(ctx, as, id)
		if err != nil {
			return err
		}
		if err := change.Holds(old.Revision); err != nil {
			return err
		}
		n = old
		change.Apply(&n)
		if err := w.checkNetworkChange(ctx, old, &n); err != nil {
			return err
		}
		w.changed(&n.Revision, &n.UpdatedAt)
		if err := w.UpdateNetwork(ctx, n); err != nil {
			return fmt.Errorf("update network %q: %w", id, err)
		}
		w.tell(neutron.NetworkChanged{ID: id}, neutron.TopicL2, neutron.TopicDHCP)
		return w.Record(ctx, "network.update.end", n)
	})
	return n, err
}

func (w *work) checkNetworkChange(ctx context.Context, old neutron.Network, n *neutron.Network) error {
	if n.Segment != old.Segment {
		return neutron.Invalid("Plugin does not support updating the following provider network attributes: %s",
			strings.Join([]string{"network_type", "physical_network", "segmentation_id"}, ", "))
	}
	if err := w.setMTU(n); err != nil {
		return err
	}
	if err := w.onlyDefault(ctx, *n); err != nil {
		return err
	}
	if old.Shared && !n.Shared {
		if err := w.notShared(ctx, old); err != nil {
			return err
		}
	}
	if old.External && !n.External {
		ports, err := w.Ports(ctx, neutron.By("network_id", n.ID).Where("device_owner", neutron.OwnerRouterGateway, neutron.OwnerFloatingIP))
		if err != nil {
			return err
		}
		if len(ports) > 0 {
			return neutron.Conflict("ExternalNetworkInUse",
				"External network %s cannot be updated to be made non-external, since it has existing gateway ports.", n.ID)
		}
	}
	return nil
}

// notShared refuses to unshare a network that other projects use.
func (w *work) notShared(ctx context.Context, n neutron.Network) error {
	ports, err := w.Ports(ctx, neutron.By("network_id", n.ID))
	if err != nil {
		return err
	}
	subnets, err := w.Subnets(ctx, neutron.By("network_id", n.ID))
	if err != nil {
		return err
	}
	foreign := false
	for _, p := range ports {
		foreign = foreign || !p.Trusted() && p.ProjectID != n.ProjectID
	}
	for _, s := range subnets {
		foreign = foreign || s.ProjectID != n.ProjectID
	}
	if foreign {
		return neutron.Conflict("InvalidSharedSetting",
			"Unable to reconfigure sharing settings for network %s. Multiple tenants are using it.", n.Name)
	}
	return nil
}

// DeleteNetwork removes a network with its subnets and the ports of its DHCP servers.
func (p *Plugin) DeleteNetwork(ctx context.Context, as neutron.Scope, id string, ifRevision *int) error {
	return p.tx(ctx, func(w *work) error {
		n, err := w.Network(ctx, as, id)
		if err != nil {
			return err
		}
		if err := (neutron.Change[neutron.Network]{IfRevision: ifRevision}).Holds(n.Revision); err != nil {
			return err
		}
		ports, err := w.Ports(ctx, neutron.By("network_id", id))
		if err != nil {
			return err
		}
		var used []string
		for _, port := range ports {
			if port.DeviceOwner != neutron.OwnerDHCP {
				used = append(used, port.ID)
			}
		}
		if len(used) > 0 {
			return neutron.Conflict("NetworkInUse", "Unable to complete operation on network %s. There are one or more ports "+
				"still in use on the network, id for these ports is: %s.", id, strings.Join(used, ","))
		}
		for _, port := range ports {
			if err := w.deletePort(ctx, port); err != nil {
				return err
			}
		}
		subnets, err := w.Subnets(ctx, neutron.By("network_id", id))
		if err != nil {
			return err
		}
		for _, s := range subnets {
			if err := w.DeleteSubnet(ctx, s.ID); err != nil {
				return err
			}
			if err := w.Record(ctx, "subnet.delete.end", s); err != nil {
				return err
			}
		}
		if err := w.DeleteNetwork(ctx, id); err != nil {
			return fmt.Errorf("delete network %q: %w", id, err)
		}
		w.tell(neutron.NetworkDeleted{ID: id}, neutron.TopicL2, neutron.TopicDHCP)
		return w.Record(ctx, "network.delete.end", n)
	})
}
