package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"cumulet/keystone"
	"cumulet/keystone/db"
)

// Manager is the catalog. Reading its parts is the database's own.
type Manager struct {
	*db.DB
	Now func() time.Time

	offers   db.Memory[struct{}, offer]
	rendered db.Memory[reader, json.RawMessage]
}

// reader is for whom a catalog is filled; nobody where it is the same for all.
type reader struct{ userID, projectID string }

// offer is what is enabled, with placeholders unfilled.
type offer struct {
	services  []keystone.Service
	endpoints []keystone.Endpoint
	personal  bool // there are placeholders
}

func (m *Manager) offer(ctx context.Context) (offer, error) {
	return m.offers.Get(ctx, m.DB, m.Now(), struct{}{}, func() (o offer, err error) {
		enabled := keystone.Query{Where: []keystone.Condition{{Attribute: "enabled", Value: true}}}
		if o.services, err = m.Services(ctx, enabled); err != nil {
			return o, err
		}
		o.endpoints, err = m.Endpoints(ctx, enabled)
		o.personal = slices.ContainsFunc(o.endpoints, keystone.Endpoint.Personal)
		return o, err
	})
}

// Catalog is what render makes of the enabled services with the enabled endpoints that can be filled for the user and project.
// What it made is remembered until something changes: every render must make the same.
func (m *Manager) Catalog(
	ctx context.Context, userID, projectID string, render func([]keystone.CatalogEntry) (json.RawMessage, error),
) (json.RawMessage, error) {
	o, err := m.offer(ctx)
	if err != nil {
		return nil, err
	}
	var by reader
	if o.personal {
		by = reader{userID, projectID}
	}
	return m.rendered.Get(ctx, m.DB, m.Now(), by, func() (json.RawMessage, error) { return render(o.filled(by)) })
}

// filled is the offer for one reader.
func (o offer) filled(by reader) []keystone.CatalogEntry {
	of := map[string][]keystone.Endpoint{}
	for _, e := range o.endpoints {
		url, ok := e.Fill(by.userID, by.projectID)
		if ok {
			e.URL = url
			of[e.ServiceID] = append(of[e.ServiceID], e)
		}
	}
	entries := make([]keystone.CatalogEntry, len(o.services))
	for i, s := range o.services {
		entries[i] = keystone.CatalogEntry{Service: s, Endpoints: of[s.ID]}
	}
	return entries
}

func named(deed, what string, err error) error {
	if err != nil {
		return fmt.Errorf("%s %q: %w", deed, what, err)
	}
	return nil
}
