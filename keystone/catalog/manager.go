package catalog

import (
	"context"
	"fmt"
	"time"

	"cumulet/keystone"
	"cumulet/keystone/db"
)

// Manager is the catalog. Reading its parts is the database's own.
type Manager struct {
	*db.DB
	Now func() time.Time

	offers db.Memory[struct{}, offer]
}

// offer is what is enabled, with placeholders unfilled.
type offer struct {
	services  []keystone.Service
	endpoints []keystone.Endpoint
}

func (m *Manager) offer(ctx context.Context) (offer, error) {
	return m.offers.Get(ctx, m.DB, m.Now(), struct{}{}, func() (o offer, err error) {
		enabled := keystone.Query{Where: []keystone.Condition{{Attribute: "enabled", Value: true}}}
		if o.services, err = m.Services(ctx, enabled); err != nil {
			return o, err
		}
		o.endpoints, err = m.Endpoints(ctx, enabled)
		return o, err
	})
}

// Catalog lists the enabled services with the enabled endpoints that can be filled for the user and project.
func (m *Manager) Catalog(ctx context.Context, userID, projectID string) ([]keystone.CatalogEntry, error) {
	offer, err := m.offer(ctx)
	if err != nil {
		return nil, err
	}
	of := map[string][]keystone.Endpoint{}
	for _, e := range offer.endpoints {
		url, ok := e.Fill(userID, projectID)
		if ok {
			e.URL = url
			of[e.ServiceID] = append(of[e.ServiceID], e)
		}
	}
	entries := make([]keystone.CatalogEntry, len(offer.services))
	for i, s := range offer.services {
		entries[i] = keystone.CatalogEntry{Service: s, Endpoints: of[s.ID]}
	}
	return entries, nil
}

func named(deed, what string, err error) error {
	if err != nil {
		return fmt.Errorf("%s %q: %w", deed, what, err)
	}
	return nil
}
