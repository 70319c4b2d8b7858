package bootstrap

import (
	"cmp"
	"context"

	"cumulet/keystone"
)

// catalog makes the region, and each service with its endpoints, unless the catalog is a file's.
func (b *Bootstrap) catalog(ctx context.Context, p Plan) error {
	if b.Catalog.Template != nil {
		return nil
	}
	if err := b.Catalog.EnsureRegion(ctx, p.Region); err != nil {
		return err
	}
	for _, s := range p.Services {
		service, err := b.service(ctx, s)
		if err != nil {
			return err
		}
		for at, url := range map[keystone.Interface]string{
			keystone.Public: s.Public, keystone.Internal: cmp.Or(s.Internal, s.Public), keystone.Admin: cmp.Or(s.Admin, s.Public),
		} {
			err := b.endpoint(ctx, keystone.Endpoint{ServiceID: service.ID, RegionID: p.Region, Interface: at, URL: url, Enabled: true})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *Bootstrap) service(ctx context.Context, s Service) (keystone.Service, error) {
	there, err := b.Catalog.Services(ctx, keystone.Query{}.And("type", s.Type).And("name", s.Name))
	if err != nil {
		return keystone.Service{}, err
	}
	if len(there) > 0 {
		return there[0], nil
	}
	return b.Catalog.CreateService(ctx, keystone.Service{Type: s.Type, Name: s.Name, Enabled: true})
}

// endpoint makes an endpoint, or gives the one that is there the address.
func (b *Bootstrap) endpoint(ctx context.Context, e keystone.Endpoint) error {
	q := keystone.Query{}.And("service_id", e.ServiceID).And("region_id", e.RegionID).And("interface", string(e.Interface))
	there, err := b.Catalog.Endpoints(ctx, q)
	switch {
	case err != nil:
		return err
	case len(there) == 0:
		_, err = b.Catalog.CreateEndpoint(ctx, e)
	case there[0].URL != e.URL:
		_, err = b.Catalog.UpdateEndpoint(ctx, there[0].ID, keystone.EndpointChange{URL: &e.URL})
	}
	return err
}
