package catalog

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"cumulet/keystone"
	"cumulet/keystone/db"
	"cumulet/oslo/fault"
)

// Template is a catalog that stands in a file, and which the API shows and does not change. As keystone/catalog/backends/templated.py;
// its lines are
//
//	catalog.REGION.SERVICE_TYPE.KEY = VALUE
//
// where the key is publicURL, internalURL, adminURL, or name or another attribute of the service.
type Template struct {
	services  []keystone.Service
	endpoints []keystone.Endpoint
	regions   []keystone.Region
}

// ParseTemplate reads a file; an error names the line.
func ParseTemplate(file io.Reader) (*Template, error) {
	t := &Template{}
	lines := bufio.NewScanner(file)
	for number := 1; lines.Scan(); number++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if err := t.add(line); err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
	}
	return t, lines.Err()
}

func (t *Template) add(line string) error {
	key, value, ok := strings.Cut(line, " = ")
	parts := strings.Split(key, ".")
	if !ok || len(parts) != 4 || parts[0] != "catalog" || parts[1] == "" || parts[2] == "" || parts[3] == "" {
		return fmt.Errorf("it is not catalog.REGION.SERVICE.KEY = VALUE")
	}
	region, kind, attribute := parts[1], strings.ReplaceAll(parts[2], "_", "-"), parts[3] // object-store has a dash
	if !slices.ContainsFunc(t.regions, func(r keystone.Region) bool { return r.ID == region }) {
		t.regions = append(t.regions, keystone.Region{ID: region})
	}
	at := slices.IndexFunc(t.services, func(s keystone.Service) bool { return s.ID == kind })
	if at < 0 {
		at = len(t.services)
		t.services = append(t.services, keystone.Service{ID: kind, Type: kind, Enabled: true, Extra: map[string]any{"description": ""}})
	}
	of, isURL := strings.CutSuffix(attribute, "URL")
	switch {
	case isURL:
		e := keystone.Endpoint{
			ID: region + "-" + kind + "-" + of, ServiceID: kind, RegionID: region, Interface: keystone.Interface(of), URL: value, Enabled: true,
		}
		if !e.ValidURL() { // upstream's would leave it out of each token
			return fmt.Errorf("the URL has a variable other than project_id, tenant_id and user_id")
		}
		t.endpoints = append(t.endpoints, e)
	case attribute == "name":
		t.services[at].Name = value
	default:
		t.services[at].Extra[attribute] = value
	}
	return nil
}

// Tx runs do in one transaction, except where the catalog is a file's.
func (m *Manager) Tx(ctx context.Context, do func(*db.Tx) error) error {
	if m.Template != nil {
		return fault.New(fault.NotImplemented, "NotImplemented", "The action you have requested has not been implemented.")
	}
	return m.DB.Tx(ctx, do)
}

// Services lists services.
func (m *Manager) Services(ctx context.Context, q keystone.Query) ([]keystone.Service, error) {
	if m.Template == nil {
		return m.DB.Services(ctx, q)
	}
	return keystone.Select(q, m.Template.services, func(s keystone.Service) map[string]any {
		return map[string]any{"id": s.ID, "type": s.Type, "name": s.Name, "enabled": s.Enabled}
	}), nil
}

// Service is the service of an id.
func (m *Manager) Service(ctx context.Context, id string) (keystone.Service, error) {
	if m.Template == nil {
		return m.DB.Service(ctx, id)
	}
	return named("service", id, m.Template.services, func(s keystone.Service) string { return s.ID })
}

// Endpoints lists endpoints.
func (m *Manager) Endpoints(ctx context.Context, q keystone.Query) ([]keystone.Endpoint, error) {
	if m.Template == nil {
		return m.DB.Endpoints(ctx, q)
	}
	return keystone.Select(q, m.Template.endpoints, func(e keystone.Endpoint) map[string]any {
		return map[string]any{"id": e.ID, "interface": string(e.Interface), "service_id": e.ServiceID, "region_id": e.RegionID, "enabled": e.Enabled}
	}), nil
}

// Endpoint is the endpoint of an id.
func (m *Manager) Endpoint(ctx context.Context, id string) (keystone.Endpoint, error) {
	if m.Template == nil {
		return m.DB.Endpoint(ctx, id)
	}
	return named("endpoint", id, m.Template.endpoints, func(e keystone.Endpoint) string { return e.ID })
}

// Regions lists regions.
func (m *Manager) Regions(ctx context.Context, q keystone.Query) ([]keystone.Region, error) {
	if m.Template == nil {
		return m.DB.Regions(ctx, q)
	}
	return keystone.Select(q, m.Template.regions, func(r keystone.Region) map[string]any {
		return map[string]any{"id": r.ID, "parent_id": r.ParentID, "parent_region_id": r.ParentID}
	}), nil
}

// Region is the region of an id.
func (m *Manager) Region(ctx context.Context, id string) (keystone.Region, error) {
	if m.Template == nil {
		return m.DB.Region(ctx, id)
	}
	return named("region", id, m.Template.regions, func(r keystone.Region) string { return r.ID })
}

// named is the one of an id.
func named[T any](noun, id string, all []T, idOf func(T) string) (T, error) {
	at := slices.IndexFunc(all, func(one T) bool { return idOf(one) == id })
	if at < 0 {
		var none T
		return none, keystone.NotFound(noun, id)
	}
	return all[at], nil
}
