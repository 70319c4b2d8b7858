package catalog

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"cumulet/keystone"
	"cumulet/keystone/db"
)

// Manager is the catalog. Reading its parts is the database's own, or the template's.
type Manager struct {
	*db.DB
	// Template, where set, is what the catalog has instead of the database's services, endpoints and regions.
	Template *Template
	Config   keystone.Config
	Now      func() time.Time

	offers   db.Memory[struct{}, offer]
	rendered db.Memory[reader, json.RawMessage]
}

// reader is for whom a catalog is filled and filtered; nobody where it is the same for all.
type reader struct{ userID, projectID string }

// offer is what is enabled, with placeholders unfilled.
type offer struct {
	services  []keystone.Service
	endpoints []keystone.Endpoint
	personal  bool // there are placeholders
	filtered  bool // there are projects that were given endpoints
}

func (m *Manager) offer(ctx context.Context) (offer, error) {
	return m.offers.Get(ctx, m.DB, m.Now(), struct{}{}, func() (o offer, err error) {
		enabled := keystone.Query{Where: []keystone.Condition{{Attribute: "enabled", Value: true}}}
		if o.services, err = m.Services(ctx, enabled); err != nil {
			return o, err
		}
		if o.endpoints, err = m.Endpoints(ctx, enabled); err != nil {
			return o, err
		}
		o.personal = slices.ContainsFunc(o.endpoints, keystone.Endpoint.Personal)
		o.filtered, err = m.Filtered(ctx)
		return o, err
	})
}

// Catalog is what render makes of the enabled services with the enabled endpoints that can be filled for the user and project
// and that the project is shown. What it made is remembered until something changes: every render must make the same.
func (m *Manager) Catalog(
	ctx context.Context, userID, projectID string, render func([]keystone.CatalogEntry) (json.RawMessage, error),
) (json.RawMessage, error) {
	o, err := m.offer(ctx)
	if err != nil {
		return nil, err
	}
	var by reader
	switch {
	case o.personal:
		by = reader{userID, projectID}
	case o.filtered:
		by = reader{projectID: projectID}
	}
	return m.rendered.Get(ctx, m.DB, m.Now(), by, func() (json.RawMessage, error) {
		entries, err := m.entries(ctx, reader{userID, projectID})
		if err != nil {
			return nil, err
		}
		return render(entries)
	})
}

// entries are the catalog of one reader. The offer is asked for again: it may have changed since the memory was asked.
func (m *Manager) entries(ctx context.Context, by reader) ([]keystone.CatalogEntry, error) {
	o, err := m.offer(ctx)
	if err != nil {
		return nil, err
	}
	if o.filtered && by.projectID != "" {
		given, err := m.given(ctx, by.projectID)
		if err != nil {
			return nil, err
		}
		if len(given) > 0 {
			return o.only(given).filled(by), nil
		}
	}
	if !m.Config.ReturnAllEndpointsIfNoFilter {
		return nil, nil
	}
	return o.filled(by), nil
}

// only is the offer without what a project was not given, and without the services that this leaves nothing of. A project that
// was given nothing, or groups that have nothing, is not filtered. As keystone/catalog/backends/sql.py, get_v3_catalog.
func (o offer) only(given []keystone.Endpoint) offer {
	var left offer
	for _, e := range o.endpoints {
		if slices.ContainsFunc(given, func(g keystone.Endpoint) bool { return g.ID == e.ID }) {
			left.endpoints = append(left.endpoints, e)
		}
	}
	for _, s := range o.services {
		if slices.ContainsFunc(left.endpoints, func(e keystone.Endpoint) bool { return e.ServiceID == s.ID }) {
			left.services = append(left.services, s)
		}
	}
	return left
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
