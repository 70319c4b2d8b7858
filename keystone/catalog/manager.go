package catalog

import (
	"context"
	"fmt"

	"cumulet/keystone"
	"cumulet/keystone/db"
)

// Manager is the catalog. Reading its parts is the database's own.
type Manager struct{ *db.DB }

// Catalog lists the enabled services with the enabled endpoints that can be filled for the user and project.
func (m *Manager) Catalog(ctx context.Context, userID, projectID string) ([]keystone.CatalogEntry, error) {
	enabled := keystone.Query{Where: []keystone.Condition{{Attribute: "enabled", Value: true}}}
	services, err := m.Services(ctx, enabled)
	if err != nil {
		return nil, err
	}
	endpoints, err := m.Endpoints(ctx, enabled)
	if err != nil {
		return nil, err
	}
	of := map[string][]keystone.Endpoint{}
	for _, e := range endpoints {
		url, ok := e.Fill(userID, projectID)
		if ok {
			e.URL = url
			of[e.ServiceID] = append(of[e.ServiceID], e)
		}
	}
	entries := make([]keystone.CatalogEntry, len(services))
	for i, s := range services {
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
