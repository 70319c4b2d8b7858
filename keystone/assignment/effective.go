package assignment

import (
	"context"
	"slices"

	"cumulet/keystone"
)

// implications maps a role to what it implies, directly.
type implications map[string][]string

func (m *Manager) implications(ctx context.Context) (implications, error) {
	all, err := m.ImpliedRoles(ctx)
	implied := implications{}
	for _, i := range all {
		implied[i.PriorID] = append(implied[i.PriorID], i.ImpliedID)
	}
	return implied, err
}

// closure gives, for each role that the given ones come to, the role that implied it; "" for the given ones. Circles end.
func (i implications) closure(roles ...string) (order []string, prior map[string]string) {
	prior = map[string]string{}
	for _, r := range roles {
		if _, seen := prior[r]; !seen {
			prior[r], order = "", append(order, r)
		}
	}
	for at := 0; at < len(order); at++ {
		for _, next := range i[order[at]] {
			if _, seen := prior[next]; !seen {
				prior[next], order = order[at], append(order, next)
			}
		}
	}
	return order, prior
}

// actors are a user and the groups they are in, and further groups.
func (m *Manager) actors(ctx context.Context, userID string, further ...string) ([]keystone.Actor, error) {
	groups, err := m.Identity.GroupsOfUser(ctx, userID)
	actors := []keystone.Actor{{Kind: keystone.ToUser, ID: userID}}
	for _, g := range groups {
		actors = append(actors, keystone.Actor{Kind: keystone.ToGroup, ID: g.ID})
	}
	for _, id := range further {
		if g := (keystone.Actor{Kind: keystone.ToGroup, ID: id}); !slices.Contains(actors, g) {
			actors = append(actors, g)
		}
	}
	return actors, err
}

// RolesOf lists what roles a user has in a scope, in the end, as if they were in further groups too. Roles of domains are left out: they
// count by what they imply.
func (m *Manager) RolesOf(ctx context.Context, userID string, scope keystone.Scope, groups ...string) ([]keystone.Role, error) {
	roles, err := m.AllRolesOf(ctx, userID, scope, groups...)
	return global(roles), err
}

// Expanded are the roles of ids with all that they imply.
func (m *Manager) Expanded(ctx context.Context, ids []string) ([]keystone.Role, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	implied, err := m.implications(ctx)
	if err != nil {
		return nil, err
	}
	order, _ := implied.closure(ids...)
	return m.RolesByID(ctx, order)
}

// global leaves roles of domains out.
func global(roles []keystone.Role) []keystone.Role {
	return slices.DeleteFunc(roles, func(r keystone.Role) bool { return r.DomainID != "" })
}

// AllRolesOf is RolesOf with roles of domains.
func (m *Manager) AllRolesOf(ctx context.Context, userID string, scope keystone.Scope, groups ...string) ([]keystone.Role, error) {
	actors, err := m.actors(ctx, userID, groups...)
	if err != nil {
		return nil, err
	}
	scopes := []keystone.Scope{scope}
	if scope.Kind == keystone.OnProject {
		p, err := m.Project(ctx, scope.ID)
		if err != nil {
			return nil, err
		}
		above, err := m.Ancestors(ctx, p)
		if err != nil {
			return nil, err
		}
		for _, a := range above {
			scopes = append(scopes, placeOf(a))
		}
	}
	given, err := m.Assignments(ctx, actors, scopes)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, a := range given {
		// What lies above counts by what it passes on, the scope itself by what is given there.
		if slices.Contains(actors, a.Actor()) && slices.Contains(scopes, a.Scope()) && a.Inherited == (a.Scope() != scope) {
			ids = append(ids, a.RoleID)
		}
	}
	return m.Expanded(ctx, ids)
}

// placeOf is a project or domain as a scope.
func placeOf(p keystone.Project) keystone.Scope {
	if p.IsDomain {
		return keystone.Scope{Kind: keystone.OnDomain, ID: p.ID}
	}
	return keystone.Scope{Kind: keystone.OnProject, ID: p.ID}
}

// ProjectsOf lists the projects where a user has any role, as if they were in further groups too.
func (m *Manager) ProjectsOf(ctx context.Context, userID string, groups ...string) ([]keystone.Project, error) {
	ids, err := m.scopesOf(ctx, userID, keystone.OnProject, groups)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	return m.ProjectsByID(ctx, ids)
}

// DomainsOf lists the domains where a user has any role, as if they were in further groups too.
func (m *Manager) DomainsOf(ctx context.Context, userID string, groups ...string) ([]keystone.Project, error) {
	ids, err := m.scopesOf(ctx, userID, keystone.OnDomain, groups)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	return m.ProjectsByID(ctx, ids)
}

// OnSystem tells whether a user has any role on the system.
func (m *Manager) OnSystem(ctx context.Context, userID string, groups ...string) (bool, error) {
	roles, err := m.RolesOf(ctx, userID, keystone.Scope{Kind: keystone.OnSystem, ID: keystone.System}, groups...)
	return len(roles) > 0, err
}

// scopesOf are the ids of one kind of scope where a user's assignments, inheritance done, give a role.
func (m *Manager) scopesOf(ctx context.Context, userID string, kind keystone.ScopeKind, groups []string) ([]string, error) {
	effective, err := m.effective(ctx, keystone.AssignmentQuery{Actor: keystone.Actor{Kind: keystone.ToUser, ID: userID}}, groups)
	var ids []string
	for _, e := range effective {
		if e.ScopeKind == kind && !slices.Contains(ids, e.ScopeID) {
			ids = append(ids, e.ScopeID)
		}
	}
	return ids, err
}
