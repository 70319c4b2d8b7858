package assignment

import (
	"context"
	"slices"

	"cumulet/keystone"
)

// Direct lists assignments as they were given.
func (m *Manager) Direct(ctx context.Context, q keystone.AssignmentQuery) ([]keystone.Effective, error) {
	var actors []keystone.Actor
	if q.Actor.ID != "" {
		actors = []keystone.Actor{q.Actor}
	}
	scopes, err := m.scopes(ctx, q)
	if err != nil {
		return nil, err
	}
	given, err := m.Assignments(ctx, actors, scopes)
	var list []keystone.Effective
	for _, a := range given {
		if matches(q, scopes, a) && (!q.Inherited || a.Inherited) {
			list = append(list, keystone.Effective{Assignment: a})
		}
	}
	return list, err
}

// Effective lists assignments as they work: of users instead of their groups, in the projects that inherit instead of
// where they were given, with all that the roles imply.
func (m *Manager) Effective(ctx context.Context, q keystone.AssignmentQuery) ([]keystone.Effective, error) {
	return m.effective(ctx, q, nil)
}

// effective is Effective as if the user asked for were in further groups too.
func (m *Manager) effective(ctx context.Context, q keystone.AssignmentQuery, groups []string) ([]keystone.Effective, error) {
	var actors []keystone.Actor
	if q.Actor.Kind == keystone.ToUser {
		var err error
		if actors, err = m.actors(ctx, q.Actor.ID, groups...); err != nil {
			return nil, err
		}
	}
	scopes, err := m.scopes(ctx, q)
	if err != nil {
		return nil, err
	}
	given, err := m.Assignments(ctx, actors, nil)
	if err != nil {
		return nil, err
	}
	implied, err := m.implications(ctx)
	if err != nil {
		return nil, err
	}
	var list []keystone.Effective
	for _, a := range given {
		if q.Inherited && !a.Inherited {
			continue
		}
		spread, err := m.spread(ctx, keystone.Effective{Assignment: a}, q.Actor, scopes)
		if err != nil {
			return nil, err
		}
		for _, e := range spread {
			list = append(list, implied.of(e)...)
		}
	}
	q.Actor = keystone.Actor{} // the groups have become their users
	ofDomain, err := m.domainRoles(ctx)
	return slices.DeleteFunc(list, func(e keystone.Effective) bool {
		return ofDomain[e.RoleID] || !matches(q, scopes, e.Assignment)
	}), err
}

// domainRoles are the roles of domains, which count only by what they imply.
func (m *Manager) domainRoles(ctx context.Context) (map[string]bool, error) {
	roles, err := m.Roles(ctx, keystone.Query{})
	ofDomain := map[string]bool{}
	for _, r := range roles {
		ofDomain[r.ID] = r.DomainID != ""
	}
	return ofDomain, err
}

// scopes are the scopes that a query asks for, nil for all.
func (m *Manager) scopes(ctx context.Context, q keystone.AssignmentQuery) ([]keystone.Scope, error) {
	if q.Scope.ID == "" {
		return nil, nil
	}
	scopes := []keystone.Scope{q.Scope}
	if q.Subtree {
		below, err := m.Descendants(ctx, q.Scope.ID)
		if err != nil {
			return nil, err
		}
		for _, p := range below {
			scopes = append(scopes, placeOf(p))
		}
	}
	return scopes, nil
}

func matches(q keystone.AssignmentQuery, scopes []keystone.Scope, a keystone.Assignment) bool {
	return (q.RoleID == "" || q.RoleID == a.RoleID) &&
		(q.Actor.ID == "" || q.Actor == a.Actor()) &&
		(scopes == nil || slices.Contains(scopes, a.Scope()))
}

// spread carries an assignment down to the projects that inherit it, as far as they are among the scopes, and over to the users of its
// group; where only one user is asked for, the group's others are left out.
func (m *Manager) spread(ctx context.Context, e keystone.Effective, only keystone.Actor, scopes []keystone.Scope) ([]keystone.Effective, error) {
	down := []keystone.Effective{e}
	if e.Inherited {
		below, err := m.Descendants(ctx, e.ScopeID)
		if err != nil {
			return nil, err
		}
		down = nil
		for _, p := range below {
			d := e
			d.InheritedBy, d.Inherited = e.Scope(), false
			d.ScopeKind, d.ScopeID = keystone.OnProject, p.ID
			down = append(down, d)
		}
	}
	if scopes != nil {
		down = slices.DeleteFunc(down, func(d keystone.Effective) bool { return !slices.Contains(scopes, d.Scope()) })
	}
	if e.ActorKind == keystone.ToUser || len(down) == 0 { // the group's directory is not asked for nothing
		return down, nil
	}
	users := []string{only.ID}
	if only.Kind != keystone.ToUser {
		members, err := m.Identity.UsersInGroup(ctx, e.ActorID)
		if err != nil {
			return nil, err
		}
		users = nil
		for _, u := range members {
			users = append(users, u.ID)
		}
	}
	var over []keystone.Effective
	for _, d := range down {
		for _, id := range users {
			o := d
			o.GroupID, o.ActorKind, o.ActorID = e.ActorID, keystone.ToUser, id
			over = append(over, o)
		}
	}
	return over, nil
}

// of is an assignment and those that its role implies.
func (i implications) of(e keystone.Effective) []keystone.Effective {
	order, prior := i.closure(e.RoleID)
	var all []keystone.Effective
	for _, role := range order {
		next := e
		next.RoleID, next.PriorRoleID = role, prior[role]
		all = append(all, next)
	}
	return all
}
