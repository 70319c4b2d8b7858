package api

import (
	"context"

	"cumulet/keystone"
	"cumulet/oslo/policy"
	"cumulet/oslo/rest"
)

// grantRoutes are the same four deeds for each scope and each actor, and again for grants that projects inherit.
func (a *API) grantRoutes() []rest.Route {
	var routes []rest.Route
	for _, actor := range []keystone.ActorKind{keystone.ToUser, keystone.ToGroup} {
		for _, scope := range []keystone.ScopeKind{keystone.OnProject, keystone.OnDomain} {
			path := "/v3/" + string(scope) + "s/{scope}/" + string(actor) + "s/{actor}/roles"
			routes = append(routes, a.grantDeeds(path, "", grantRules, keystone.Assignment{ActorKind: actor, ScopeKind: scope})...)
			inherited := keystone.Assignment{ActorKind: actor, ScopeKind: scope, Inherited: true}
			path = "/v3/OS-INHERIT" + path[len("/v3"):]
			routes = append(routes, a.grantDeeds(path, "/inherited_to_projects", grantRules, inherited)...)
		}
		rules := [4]string{}
		for i, deed := range []string{"list_system_grants", "check_system_grant", "create_system_grant", "revoke_system_grant"} {
			rules[i] = "identity:" + deed + "_for_" + string(actor)
		}
		system := keystone.Assignment{ActorKind: actor, ScopeKind: keystone.OnSystem, ScopeID: keystone.System}
		routes = append(routes, a.grantDeeds("/v3/system/"+string(actor)+"s/{actor}/roles", "", rules, system)...)
	}
	return routes
}

// grantRules are the rules to list, check, create and revoke.
var grantRules = [4]string{"identity:list_grants", "identity:check_grant", "identity:create_grant", "identity:revoke_grant"}

func (a *API) grantDeeds(path, tail string, rules [4]string, of keystone.Assignment) []rest.Route {
	one := path + "/{role}" + tail
	with := func(do func(context.Context, *rest.Call, keystone.Assignment) error) rest.Handler {
		return rest.Do(func(ctx context.Context, c *rest.Call) error {
			g := a.grantOf(c, of)
			if err := c.Authorize(a.grantTarget(ctx, g)); err != nil {
				return err
			}
			return do(ctx, c, g)
		})
	}
	return []rest.Route{
		{Do: "GET " + path + tail, Rule: rules[0], Status: 200, Run: rest.Get(func(ctx context.Context, c *rest.Call) (view, error) {
			return a.listGrants(ctx, c, a.grantOf(c, of))
		})},
		{Do: "GET " + one, Rule: rules[1], Status: 204, Run: with(a.checkGrant)},
		{Do: "PUT " + one, Rule: rules[2], Status: 204, Run: with(a.createGrant)},
		{Do: "DELETE " + one, Rule: rules[3], Status: 204, Run: with(a.deleteGrant)},
	}
}

// grantOf fills in what the path names.
func (a *API) grantOf(c *rest.Call, g keystone.Assignment) keystone.Assignment {
	g.ActorID, g.RoleID = c.Path("actor"), c.Path("role")
	if g.ScopeKind != keystone.OnSystem {
		g.ScopeID = c.Path("scope")
	}
	return g
}

// grantTarget is what the rules ask about a grant; what is not there has no attributes, so that only admins get past.
func (a *API) grantTarget(ctx context.Context, g keystone.Assignment) policy.Target {
	t := policy.Target{}
	if g.ActorKind == keystone.ToUser {
		if u, err := a.Identity.User(ctx, g.ActorID); err == nil {
			t["target.user.id"], t["target.user.domain_id"] = u.ID, u.DomainID
		}
	} else if group, err := a.Identity.Group(ctx, g.ActorID); err == nil {
		t["target.group.id"], t["target.group.domain_id"] = group.ID, group.DomainID
	}
	switch g.ScopeKind {
	case keystone.OnProject:
		if p, err := a.Resource.Project(ctx, g.ScopeID); err == nil {
			t["target.project.id"], t["target.project.domain_id"] = p.ID, p.HomeDomain()
		}
	case keystone.OnDomain:
		t["target.domain.id"] = g.ScopeID
	}
	if r, err := a.Assignment.Role(ctx, g.RoleID); err == nil {
		t["target.role.domain_id"] = "None" // as Python writes a global role's domain, which rules compare with None
		if r.DomainID != "" {
			t["target.role.domain_id"] = r.DomainID
		}
	}
	return t
}

func (a *API) listGrants(ctx context.Context, c *rest.Call, g keystone.Assignment) (view, error) {
	if err := c.Authorize(a.grantTarget(ctx, g)); err != nil {
		return nil, err
	}
	roles, err := a.Assignment.Grants(ctx, g)
	return collection(a, c, "roles", roles, roleView), err
}

func (a *API) checkGrant(ctx context.Context, _ *rest.Call, g keystone.Assignment) error {
	return a.Assignment.Granted(ctx, g)
}

func (a *API) createGrant(ctx context.Context, _ *rest.Call, g keystone.Assignment) error {
	return a.Assignment.Grant(ctx, g)
}

func (a *API) deleteGrant(ctx context.Context, _ *rest.Call, g keystone.Assignment) error {
	return a.Assignment.Revoke(ctx, g)
}
