package catalog

import (
	"context"
	"slices"

	"cumulet/keystone"
	"cumulet/keystone/db"
	"cumulet/oslo/fault"
)

// source is where nouns are read: the database, or a transaction on it.
type source interface {
	Project(ctx context.Context, id string) (keystone.Project, error)
	Region(ctx context.Context, id string) (keystone.Region, error)
	Service(ctx context.Context, id string) (keystone.Service, error)
	Endpoint(ctx context.Context, id string) (keystone.Endpoint, error)
	EndpointGroup(ctx context.Context, id string) (keystone.EndpointGroup, error)
	Policy(ctx context.Context, id string) (keystone.Policy, error)
}

// AddEndpoint gives an endpoint to a project.
func (m *Manager) AddEndpoint(ctx context.Context, p keystone.ProjectEndpoint) error {
	return keystone.Named("add endpoint", p.EndpointID, m.Tx(ctx, func(tx *db.Tx) error {
		if err := bothThere(ctx, tx, p); err != nil {
			return err
		}
		if err := tx.InsertProjectEndpoint(ctx, p); err != nil {
			return err
		}
		return tx.Record(ctx, "identity.project_endpoint.created", p)
	}))
}

// CheckEndpoint is a fault unless a project was given an endpoint by itself.
func (m *Manager) CheckEndpoint(ctx context.Context, p keystone.ProjectEndpoint) error {
	if err := bothThere(ctx, m, p); err != nil {
		return err
	}
	has, err := m.HasProjectEndpoint(ctx, p)
	if err == nil && !has {
		return notAdded(p)
	}
	return err
}

// RemoveEndpoint takes an endpoint from a project.
func (m *Manager) RemoveEndpoint(ctx context.Context, p keystone.ProjectEndpoint) error {
	return keystone.Named("remove endpoint", p.EndpointID, m.Tx(ctx, func(tx *db.Tx) error {
		had, err := tx.DeleteProjectEndpoint(ctx, p)
		if err != nil {
			return err
		}
		if !had {
			return notAdded(p)
		}
		return tx.Record(ctx, "identity.project_endpoint.deleted", p)
	}))
}

func bothThere(ctx context.Context, s source, p keystone.ProjectEndpoint) error {
	if _, err := s.Endpoint(ctx, p.EndpointID); err != nil {
		return err
	}
	_, err := s.Project(ctx, p.ProjectID)
	return err
}

func notAdded(p keystone.ProjectEndpoint) error {
	return fault.New(fault.NotFound, "NotFound", "Endpoint %s not found in project %s", p.EndpointID, p.ProjectID)
}

// AddEndpointGroup gives an endpoint group to a project.
func (m *Manager) AddEndpointGroup(ctx context.Context, p keystone.ProjectEndpointGroup) error {
	return keystone.Named("add endpoint group", p.EndpointGroupID, m.Tx(ctx, func(tx *db.Tx) error {
		if err := groupThere(ctx, tx, p); err != nil {
			return err
		}
		if err := tx.InsertProjectEndpointGroup(ctx, p); err != nil {
			return err
		}
		return tx.Record(ctx, "identity.project_endpoint_group.created", p)
	}))
}

// CheckEndpointGroup is a fault unless a project was given an endpoint group.
func (m *Manager) CheckEndpointGroup(ctx context.Context, p keystone.ProjectEndpointGroup) error {
	if err := groupThere(ctx, m, p); err != nil {
		return err
	}
	has, err := m.HasProjectEndpointGroup(ctx, p)
	if err == nil && !has {
		return errGroupNotAdded()
	}
	return err
}

// RemoveEndpointGroup takes an endpoint group from a project.
func (m *Manager) RemoveEndpointGroup(ctx context.Context, p keystone.ProjectEndpointGroup) error {
	return keystone.Named("remove endpoint group", p.EndpointGroupID, m.Tx(ctx, func(tx *db.Tx) error {
		if err := groupThere(ctx, tx, p); err != nil {
			return err
		}
		had, err := tx.DeleteProjectEndpointGroup(ctx, p)
		if err != nil {
			return err
		}
		if !had {
			return errGroupNotAdded()
		}
		return tx.Record(ctx, "identity.project_endpoint_group.deleted", p)
	}))
}

func groupThere(ctx context.Context, s source, p keystone.ProjectEndpointGroup) error {
	if _, err := s.Project(ctx, p.ProjectID); err != nil {
		return err
	}
	_, err := s.EndpointGroup(ctx, p.EndpointGroupID)
	return err
}

func errGroupNotAdded() error {
	return fault.New(fault.NotFound, "NotFound", "Endpoint Group Project Association not found")
}

// EndpointsOfProject lists the endpoints that a project was given, by themselves or in groups.
func (m *Manager) EndpointsOfProject(ctx context.Context, id string) ([]keystone.Endpoint, error) {
	if _, err := m.Project(ctx, id); err != nil {
		return nil, err
	}
	return m.given(ctx, id)
}

// EndpointGroupsOfProject lists the endpoint groups that a project was given.
func (m *Manager) EndpointGroupsOfProject(ctx context.Context, id string) ([]keystone.EndpointGroup, error) {
	if _, err := m.Project(ctx, id); err != nil {
		return nil, err
	}
	return m.EndpointGroupsGiven(ctx, id)
}

// ProjectsOfEndpoint lists the projects that were given an endpoint by itself.
func (m *Manager) ProjectsOfEndpoint(ctx context.Context, id string) ([]keystone.Project, error) {
	if _, err := m.Endpoint(ctx, id); err != nil {
		return nil, err
	}
	return m.ProjectsWithEndpoint(ctx, id)
}

// given is what a project was given, each endpoint once, in two queries or three.
func (m *Manager) given(ctx context.Context, projectID string) ([]keystone.Endpoint, error) {
	endpoints, err := m.EndpointsGiven(ctx, projectID)
	if err != nil {
		return nil, err
	}
	groups, err := m.EndpointGroupsGiven(ctx, projectID)
	if err != nil || len(groups) == 0 {
		return endpoints, err
	}
	all, err := m.Endpoints(ctx, keystone.Query{})
	alone := len(endpoints)
	for _, e := range all {
		same := func(other keystone.Endpoint) bool { return other.ID == e.ID }
		within := func(g keystone.EndpointGroup) bool { return g.Has(e) }
		if !slices.ContainsFunc(endpoints[:alone], same) && slices.ContainsFunc(groups, within) {
			endpoints = append(endpoints, e)
		}
	}
	return endpoints, err
}
