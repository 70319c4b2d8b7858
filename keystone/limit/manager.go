package limit

import (
	"context"
	"fmt"
	"strings"

	"cumulet/keystone"
	"cumulet/keystone/db"
)

// Manager is the limits of the cloud. Reading them is the database's own.
type Manager struct {
	*db.DB
	Config keystone.Config
}

// Model is the enforcement model of the cloud.
func (m *Manager) Model() keystone.EnforcementModel { return m.Config.Model() }

// Check refuses to work where projects nest deeper than the model allows, as they may when another was configured before. As
// keystone/limit/core.py, check_project_depth.
func (m *Manager) Check(ctx context.Context) error {
	model := m.Model()
	if model.MaxDepth == 0 {
		return nil
	}
	deep, err := m.DeepProjects(ctx, model.MaxDepth)
	if err == nil && len(deep) > 0 {
		err = fmt.Errorf("enforcement_model %s: projects lie deeper than %d below their domain: %s",
			model.Name, model.MaxDepth, strings.Join(deep, ", "))
	}
	return err
}

// present asks that the services and regions of resources are there; what is not is said to be missing in target. As
// keystone/limit/core.py, _assert_resource_exist.
func present(ctx context.Context, tx *db.Tx, target string, resources []keystone.LimitedResource) error {
	services := distinct(resources, func(r keystone.LimitedResource) string { return r.ServiceID })
	foundServices, err := tx.ServicesByID(ctx, services)
	if err != nil {
		return err
	}
	if len(foundServices) < len(services) {
		return keystone.Missing("service_id", target)
	}
	regions := distinct(resources, func(r keystone.LimitedResource) string { return r.RegionID })
	foundRegions, err := tx.RegionsByID(ctx, regions)
	if err != nil {
		return err
	}
	if len(foundRegions) < len(regions) {
		return keystone.Missing("region_id", target)
	}
	return nil
}

// distinct is what of says of things: each answer once, empty ones not.
func distinct[T any](things []T, of func(T) string) []string {
	var all []string
	seen := map[string]bool{"": true}
	for _, thing := range things {
		if s := of(thing); !seen[s] {
			seen[s] = true
			all = append(all, s)
		}
	}
	return all
}
