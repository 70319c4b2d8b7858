package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/gophercloud/gophercloud/v2"
	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/services"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/agents"
	"github.com/gophercloud/gophercloud/v2/openstack/placement/v1/resourceproviders"
)

// surplus are the hosts that this machine stood for at its last start and shall no longer.
func (p *process) surplus() []node {
	known := p.data.knownHosts()
	if p.fakes() || len(known) == 0 || known[0] != p.config.Host {
		return nil
	}
	var left []node
	for _, name := range known[min(len(known), p.config.Hosts):] {
		left = append(left, newNode(p.data, name))
	}
	return left
}

// checkSurplus refuses to take away a host on which servers live.
func (p *process) checkSurplus() error {
	var errs []error
	for _, n := range p.surplus() {
		guests, err := os.ReadDir(n.instances())
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		var ids []string
		for _, g := range guests {
			ids = append(ids, g.Name())
		}
		if len(ids) > 0 {
			errs = append(errs, fmt.Errorf("host %q cannot be taken away: servers live on it (%s). Delete them, or start with --hosts %d",
				n.Name, strings.Join(ids, ", "), len(p.data.knownHosts())))
		}
	}
	return errors.Join(errs...)
}

// dropSurplus makes the cloud forget the hosts that are no longer: first nova, which refuses where it knows of servers, and
// last the folder, the last one's before those before it.
func (p *process) dropSurplus(ctx context.Context) error {
	left := p.surplus()
	for i := len(left) - 1; i >= 0; i-- {
		if err := p.drop(ctx, left[i]); err != nil {
			return fmt.Errorf("take away host %q: %w", left[i].Name, err)
		}
	}
	return nil
}

func (p *process) drop(ctx context.Context, n node) error {
	boss := p.account(account{Username: "admin", Password: p.secrets.AdminPassword, Project: "admin"})
	for _, forget := range []func(context.Context, *gophercloud.ProviderClient, string) error{p.dropCompute, p.dropProvider, p.dropAgents} {
		if err := forget(ctx, boss, n.Name); err != nil {
			return err
		}
	}
	if err := stopHost(ctx, n, p.log); err != nil {
		return err
	}
	return os.RemoveAll(p.data.path("hosts", n.Name))
}

func (p *process) dropCompute(ctx context.Context, boss *gophercloud.ProviderClient, host string) error {
	nova := p.compute(boss)
	nova.Microversion = "2.53" // services have ids since
	pages, err := services.List(nova, services.ListOpts{Host: host}).AllPages(ctx)
	if err != nil {
		return err
	}
	found, err := services.ExtractServices(pages)
	if err != nil {
		return err
	}
	for _, s := range found {
		if err := gone(services.Delete(ctx, nova, s.ID).ExtractErr()); err != nil {
			return err
		}
	}
	return nil
}

func (p *process) dropProvider(ctx context.Context, boss *gophercloud.ProviderClient, host string) error {
	placement := p.placement(boss)
	pages, err := resourceproviders.List(placement, resourceproviders.ListOpts{Name: host}).AllPages(ctx)
	if err != nil {
		return err
	}
	found, err := resourceproviders.ExtractResourceProviders(pages)
	if err != nil {
		return err
	}
	for _, provider := range found {
		if err := gone(resourceproviders.Delete(ctx, placement, provider.UUID).ExtractErr()); err != nil {
			return err
		}
	}
	return nil
}

func (p *process) dropAgents(ctx context.Context, boss *gophercloud.ProviderClient, host string) error {
	neutron := p.network(boss)
	pages, err := agents.List(neutron, agents.ListOpts{Host: host}).AllPages(ctx)
	if err != nil {
		return err
	}
	found, err := agents.ExtractAgents(pages)
	if err != nil {
		return err
	}
	for _, a := range found {
		if err := gone(agents.Delete(ctx, neutron, a.ID).ExtractErr()); err != nil {
			return err
		}
	}
	return nil
}

// gone takes for done what had been done before.
func gone(err error) error {
	if gophercloud.ResponseCodeIs(err, 404) {
		return nil
	}
	return err
}
