package main

import (
	"context"
	"errors"
	"net/http"
	"time"

	"cumulet/nova"
	"cumulet/nova/api"
	"cumulet/nova/compute"
	"cumulet/nova/conductor"
	"cumulet/nova/db"
	"cumulet/nova/identity"
	"cumulet/nova/image"
	"cumulet/nova/inventory"
	"cumulet/nova/manager"
	"cumulet/nova/metadata"
	"cumulet/nova/network"
	"cumulet/nova/notification"
	"cumulet/nova/scheduler"
	"cumulet/nova/virt"
	"cumulet/nova/virt/fake"
	"cumulet/oslo/flow"
	"cumulet/oslo/idempotency/keeper"
	"cumulet/oslo/policy"
	"cumulet/oslo/service"
)

// metadataPrefix is where the gateway serves guests' metadata to neutron's agents.
const metadataPrefix = "/metadata"

// novaDatabase is shared by the roles that may see it: nova-api, nova-conductor and nova-metadata.
func (p *process) novaDatabase(ctx context.Context) (*db.DB, error) {
	if p.services.nova == nil {
		opened, err := db.Open(ctx, p.database("nova"))
		if err != nil {
			return nil, err
		}
		p.closes(opened)
		p.services.nova = opened
	}
	return p.services.nova, nil
}

// novaManager is compute's rules.
func (p *process) novaManager(ctx context.Context) (*manager.Manager, error) {
	database, err := p.novaDatabase(ctx)
	if err != nil {
		return nil, err
	}
	account := p.serviceAccount("nova")
	return &manager.Manager{
		DB: database, Bus: p.bus, Config: p.config.Nova, Now: time.Now, NewID: newID, Log: p.log,
		Images: &image.Client{Glance: p.image(account)}, Networks: &network.Client{Neutron: p.network(account)},
	}, nil
}

func (p *process) novaAPI(ctx context.Context) (service.Role, error) {
	m, err := p.novaManager(ctx)
	if err != nil {
		return service.Role{}, err
	}
	rules, err := p.policy("nova", api.Rules())
	if err != nil {
		return service.Role{}, err
	}
	face := &api.API{
		Manager: m, Auth: p.authenticator("compute"), Policy: rules, Log: p.log, Prefix: "/compute",
		KeystoneURL: p.config.URL + "/identity", Now: time.Now,
		Projects: &identity.Client{Keystone: p.identity(p.serviceAccount("nova")), Log: p.log}, Keeper: &keeper.Keeper{DB: m.DB.DB},
	}
	return p.serveAPI("/compute", face.Handler)
}

func (p *process) novaMetadata(ctx context.Context) (service.Role, error) {
	m, err := p.novaManager(ctx)
	if err != nil {
		return service.Role{}, err
	}
	answers := &metadata.Service{
		Server: func(ctx context.Context, id string) (nova.Server, error) {
			return m.Server(ctx, policy.Who{Roles: []string{"admin"}}, id)
		},
		Secret: p.secrets.MetadataSecret, Domain: p.config.Nova.DHCPDomain, Now: time.Now, Log: p.log,
	}
	p.gateway.apis[metadataPrefix] = http.StripPrefix(metadataPrefix, answers)
	return apiRole(), nil
}

func (p *process) novaConductor(ctx context.Context) (service.Role, error) {
	database, err := p.novaDatabase(ctx)
	if err != nil {
		return service.Role{}, err
	}
	account := p.serviceAccount("nova")
	c := &conductor.Conductor{
		DB: database, Bus: p.bus, Config: p.config.Nova, Now: time.Now, NewID: newID, Log: p.log,
		Inventory: &inventory.Client{Placement: p.placement(account)}, Network: &network.Client{Neutron: p.network(account)},
		Host: p.config.Host, Owner: flow.Owner(p.config.Host),
	}
	words := &notification.Translator{Config: p.config.Nova, Host: p.config.Host, ImageURL: p.config.URL + "/image"}
	tell, err := p.notifying(ctx, "nova", database.DB, words.Translate, p.config.Nova.VersionedTopics...)
	if err != nil {
		return service.Role{}, err
	}
	return service.Role{Run: together(c.Run, tell, p.forgetting("nova", database.DB))}, nil
}

func (p *process) novaScheduler(context.Context) (service.Role, error) {
	filters, err := scheduler.Filters(p.config.Nova.Filters, time.Now)
	if err != nil {
		return service.Role{}, err
	}
	s := &scheduler.Scheduler{
		Bus: p.bus, Inventory: &inventory.Client{Placement: p.placement(p.serviceAccount("nova"))},
		Filters: filters, Weighers: scheduler.Weighers(), Host: p.config.Host, Config: p.config.Nova, Now: time.Now, Log: p.log,
	}
	return service.Role{Run: s.Run}, nil
}

// novaCompute is nova-compute on each of the process's hosts. It keeps the host's hypervisor running.
func (p *process) novaCompute(context.Context) (service.Role, error) {
	if p.fakes() {
		return service.Role{Run: p.onEachHost(func(n node) runner {
			c := p.computeOn(n)
			c.FetchImage = func(_ context.Context, id string) (virt.Image, error) { return virt.Image{ID: id, Format: "raw"}, nil }
			return func(ctx context.Context, ready func()) (err error) {
				if c.Driver, err = fake.Open(n.Name, p.data.fakeGuests(n.Name)); err != nil {
					return err
				}
				return c.Run(ctx, ready)
			}
		})}, nil
	}
	return service.Role{Run: p.onEachHost(func(n node) runner {
		driver := n.driver(p.log)
		cache := &image.Cache{Source: &image.Client{Glance: p.image(p.serviceAccount("nova"))}, Dir: n.images(), Now: time.Now}
		c := p.computeOn(n)
		c.Driver, c.FetchImage, c.CleanImages = driver, fetch(cache), cache.Clean
		run := together(c.Run, p.services.hypervisors[n.Name].Keep)
		return func(ctx context.Context, ready func()) error { return errors.Join(run(ctx, ready), driver.Close()) }
	})}, nil
}

// computeOn is the nova-compute of a host, without its hypervisor. It sees no database.
func (p *process) computeOn(n node) *compute.Compute {
	return &compute.Compute{
		Bus: p.bus, Inventory: &inventory.Client{Placement: p.placement(p.serviceAccount("nova"))}, Host: n.Name,
		HostIP: n.tunnelIP.String(), Config: p.config.Nova, Now: time.Now, Log: p.log,
		ConfigDrive: func(s nova.Server) map[string][]byte { return metadata.Files(s, p.config.Nova.DHCPDomain) },
	}
}

// fetch brings images from glance into the host's cache, as the driver wants them.
func fetch(cache *image.Cache) func(ctx context.Context, id string) (virt.Image, error) {
	return func(ctx context.Context, id string) (virt.Image, error) {
		base, err := cache.Fetch(ctx, id)
		if err != nil {
			return virt.Image{}, err
		}
		return virt.Image{
			ID: id, Path: base.Path, Format: base.Format, MinDiskGiB: base.Image.MinDiskGiB, Properties: base.Image.Properties,
		}, nil
	}
}
