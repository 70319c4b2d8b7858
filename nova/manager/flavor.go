package manager

import (
	"context"

	"cumulet/nova"
	"cumulet/oslo/policy"
)

// CreateFlavor adds a flavor; an empty id is made up. A private one is seen by the projects it is granted to.
func (m *Manager) CreateFlavor(ctx context.Context, f nova.Flavor) (nova.Flavor, error) {
	return nova.Flavor{}, errUnderWay
}

// Flavor shows a flavor by the API's id. A private one is hidden from projects without access, except for admins.
func (m *Manager) Flavor(ctx context.Context, who policy.Who, id string) (nova.Flavor, error) {
	return nova.Flavor{}, errUnderWay
}

// Flavors lists flavors. Sort keys are the API's: flavorid, name, memory_mb, vcpus, root_gb …
func (m *Manager) Flavors(ctx context.Context, f nova.FlavorFilter, p nova.Page) ([]nova.Flavor, error) {
	return nil, errUnderWay
}

// UpdateFlavor changes a flavor's description, all that may be changed.
func (m *Manager) UpdateFlavor(ctx context.Context, id string, description *string) (nova.Flavor, error) {
	return nova.Flavor{}, errUnderWay
}

// DeleteFlavor removes a flavor; servers keep their copies.
func (m *Manager) DeleteFlavor(ctx context.Context, id string) error { return errUnderWay }

// SetExtraSpecs writes extra specs and gives the whole.
func (m *Manager) SetExtraSpecs(ctx context.Context, id string, specs map[string]string) (map[string]string, error) {
	return nil, errUnderWay
}

// DeleteExtraSpec removes one.
func (m *Manager) DeleteExtraSpec(ctx context.Context, id, key string) error { return errUnderWay }

// FlavorAccess lists the projects that may use a private flavor; for a public one it is a fault of kind NotFound.
func (m *Manager) FlavorAccess(ctx context.Context, id string) ([]string, error) {
	return nil, errUnderWay
}

// GrantFlavor lets a project use a private flavor, RevokeFlavor ends that; both give the projects that may.
func (m *Manager) GrantFlavor(ctx context.Context, id, projectID string) ([]string, error) {
	return nil, errUnderWay
}

// RevokeFlavor ends a project's use of a private flavor.
func (m *Manager) RevokeFlavor(ctx context.Context, id, projectID string) ([]string, error) {
	return nil, errUnderWay
}
