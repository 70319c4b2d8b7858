package api

import (
	"context"
	"encoding/json"
	"fmt"

	"cumulet/keystone"
	"cumulet/oslo/policy"
	"cumulet/oslo/rest"
)

func (a *API) assignmentRoutes() []rest.Route {
	return []rest.Route{
		{Do: "GET /v3/role_assignments", Rule: "identity:list_role_assignments", Status: 200, Run: rest.Get(a.listAssignments)},
	}
}

func (a *API) listAssignments(ctx context.Context, c *rest.Call) (json.RawMessage, error) {
	q, err := assignmentQuery(c)
	if err != nil {
		return nil, err
	}
	rule := c.Route.Rule
	if q.Subtree {
		rule = "identity:list_role_assignments_for_tree"
	}
	target := policy.Target{"target.domain_id": c.Who.DomainID}
	if q.Scope.Kind == keystone.OnProject {
		if p, err := a.Resource.Project(ctx, q.Scope.ID); err == nil {
			target["target.domain_id"], target["target.project.id"] = p.HomeDomain(), p.ID
		}
	}
	if err := c.AuthorizeRule(rule, target); err != nil {
		return nil, err
	}
	return a.kept(ctx, c, true, func() (view, error) { return a.assignments(ctx, c, q) })
}

// assignments is the answer of the list that q asks for.
func (a *API) assignments(ctx context.Context, c *rest.Call, q keystone.AssignmentQuery) (view, error) {
	list := a.Assignment.Direct
	if asked(c, "effective") {
		list = a.Assignment.Effective
	}
	found, err := list(ctx, q)
	if err != nil {
		return nil, err
	}
	names := a.names(ctx, asked(c, "include_names"))
	views := []view{}
	for _, e := range found {
		if c.Who.DomainID != "" && !a.within(ctx, e, c.Who.DomainID) {
			continue
		}
		v, err := names.assignmentView(c, e)
		if err != nil {
			return nil, err
		}
		views = append(views, v)
	}
	return view{"role_assignments": views, "links": view{"next": nil, "self": a.self(c), "previous": nil}}, nil
}

// within tells whether an assignment is on a domain or one of its projects: all that a caller with a domain for scope sees.
func (a *API) within(ctx context.Context, e keystone.Effective, domainID string) bool {
	if e.ScopeKind == keystone.OnDomain {
		return e.ScopeID == domainID
	}
	p, err := a.Resource.Project(ctx, e.ScopeID)
	return err == nil && p.HomeDomain() == domainID
}

// assignmentQuery reads the filters. As keystone/api/role_assignments.py; a scope given twice makes no sense.
func assignmentQuery(c *rest.Call) (q keystone.AssignmentQuery, err error) {
	in := c.Query()
	q.RoleID = in.Get("role.id")
	q.Inherited = in.Has("scope.OS-INHERIT:inherited_to")
	q.Subtree = asked(c, "include_subtree")
	if id := in.Get("user.id"); id != "" {
		q.Actor = keystone.Actor{Kind: keystone.ToUser, ID: id}
	}
	if id := in.Get("group.id"); id != "" {
		if q.Actor.ID != "" {
			return q, keystone.Invalid("Specify a user or group, not both")
		}
		if asked(c, "effective") {
			return q, keystone.Invalid("Combining effective and group filter will always result in an empty list.")
		}
		q.Actor = keystone.Actor{Kind: keystone.ToGroup, ID: id}
	}
	if id := in.Get("scope.project.id"); id != "" {
		q.Scope = keystone.Scope{Kind: keystone.OnProject, ID: id}
	}
	if id := in.Get("scope.domain.id"); id != "" {
		if q.Scope.ID != "" {
			return q, keystone.Invalid("Specify a domain or project, not both")
		}
		if asked(c, "effective") && q.Inherited {
			return q, keystone.Invalid("Combining effective, domain and inherited filters will always result in an empty list.")
		}
		q.Scope = keystone.Scope{Kind: keystone.OnDomain, ID: id}
	}
	if in.Has("scope.system") {
		if q.Scope.ID != "" {
			return q, keystone.Invalid("Specify system or %s, not both", q.Scope.Kind)
		}
		q.Scope = keystone.Scope{Kind: keystone.OnSystem, ID: keystone.System}
	}
	if q.Subtree && q.Scope.Kind != keystone.OnProject {
		return q, keystone.Invalid("scope.project.id must be specified if include_subtree is also specified")
	}
	return q, nil
}

// names shows things by their ids and, where asked, their names; each is looked up once.
type names struct {
	*API
	ctx   context.Context
	named bool
	seen  map[string]view
}

func (a *API) names(ctx context.Context, named bool) *names {
	return &names{API: a, ctx: ctx, named: named, seen: map[string]view{}}
}

// of shows a thing; look finds its name and domain.
func (n *names) of(kind, id string, look func() (name, domainID string, err error)) (view, error) {
	if v, ok := n.seen[kind+id]; ok {
		return v, nil
	}
	v := view{"id": id}
	if n.named {
		name, domainID, err := look()
		if err != nil {
			return nil, err
		}
		v["name"] = name
		if domainID != "" {
			if v["domain"], err = n.domain(domainID); err != nil {
				return nil, err
			}
		}
	}
	n.seen[kind+id] = v
	return v, nil
}

func (n *names) domain(id string) (view, error) {
	return n.of("domain", id, func() (string, string, error) {
		d, err := n.Resource.Domain(n.ctx, id)
		return d.Name, "", err
	})
}

func (n *names) actor(a keystone.Actor) (view, error) {
	return n.of(string(a.Kind), a.ID, func() (string, string, error) {
		if a.Kind == keystone.ToUser {
			u, err := n.Identity.User(n.ctx, a.ID)
			return u.Name, u.DomainID, err
		}
		g, err := n.Identity.Group(n.ctx, a.ID)
		return g.Name, g.DomainID, err
	})
}

func (n *names) scope(s keystone.Scope) (view, error) {
	switch s.Kind {
	case keystone.OnSystem:
		return view{"system": view{"all": true}}, nil
	case keystone.OnDomain:
		v, err := n.domain(s.ID)
		return view{"domain": v}, err
	}
	v, err := n.of("project", s.ID, func() (string, string, error) {
		p, err := n.Resource.Project(n.ctx, s.ID)
		return p.Name, p.DomainID, err
	})
	return view{"project": v}, err
}

// assignmentView is an assignment with links to what made it.
func (n *names) assignmentView(c *rest.Call, e keystone.Effective) (view, error) {
	actor, err := n.actor(e.Actor())
	if err != nil {
		return nil, err
	}
	scope, err := n.scope(e.Scope())
	if err != nil {
		return nil, err
	}
	role, err := n.of("role", e.RoleID, func() (string, string, error) {
		r, err := n.Assignment.Role(n.ctx, e.RoleID)
		return r.Name, r.DomainID, err
	})
	if err != nil {
		return nil, err
	}
	if e.Inherited || e.InheritedBy.ID != "" {
		scope["OS-INHERIT:inherited_to"] = "projects"
	}
	return view{string(e.ActorKind): actor, "scope": scope, "role": role, "links": assignmentLinks(c, e)}, nil
}

// assignmentLinks lead to the assignment as it was given, the membership and the inference that made it count here.
func assignmentLinks(c *rest.Call, e keystone.Effective) view {
	given := e.Assignment
	links := view{}
	if e.GroupID != "" {
		links["membership"] = c.URL(fmt.Sprintf("/v3/groups/%s/users/%s", e.GroupID, e.ActorID))
		given.ActorKind, given.ActorID = keystone.ToGroup, e.GroupID
	}
	if e.PriorRoleID != "" {
		links["prior_role"] = c.URL(fmt.Sprintf("/v3/prior_role/%s/implies/%s", e.PriorRoleID, e.RoleID))
		given.RoleID = e.PriorRoleID
	}
	if e.InheritedBy.ID != "" {
		given.ScopeKind, given.ScopeID, given.Inherited = e.InheritedBy.Kind, e.InheritedBy.ID, true
	}
	place := "system"
	if given.ScopeKind != keystone.OnSystem {
		place = fmt.Sprintf("%ss/%s", given.ScopeKind, given.ScopeID)
	}
	path := fmt.Sprintf("%s/%ss/%s/roles/%s", place, given.ActorKind, given.ActorID, given.RoleID)
	if given.Inherited {
		path = "OS-INHERIT/" + path + "/inherited_to_projects"
	}
	links["assignment"] = c.URL("/v3/" + path)
	return links
}
