package api

import (
	"cmp"
	"context"
	"strconv"
	"strings"

	"cumulet/nova"
	"cumulet/oslo/policy"
	"cumulet/oslo/rest"
)

func (a *API) serverGroupRoutes() []rest.Route {
	policies := func(names string) *rest.Schema {
		return rest.MustSchema(wrapped("server_group", object(`"name": `+named(namePattern)+`, "policies": {"type": "array", "minItems": 1,
			"maxItems": 1, "uniqueItems": true, "items": {"type": "string", "enum": [`+names+`]}}`, "name policies")))
	}
	const hard = `"anti-affinity", "affinity"`
	const all = hard + `, "soft-anti-affinity", "soft-affinity"`
	create := rest.Body(policies(hard)).From(rest.V(2, 15), policies(all)).
		From(rest.V(2, 64), rest.MustSchema(wrapped("server_group", object(`"name": `+named(namePattern)+`, "policy": {"type": "string", "enum": [`+all+`]},
			"rules": `+object(`"max_server_per_host": `+positive, ""), "name policy"))))
	const at, rule = " /v2.1/os-server-groups", "os_compute_api:os-server-groups:"
	return []rest.Route{
		{Do: "GET" + at, Rule: rule + "index", Query: queries("all_projects", "limit", "offset"), Status: 200, Run: rest.Get(a.listServerGroups)},
		{Do: "POST" + at, Rule: rule + "create", In: create, Status: 200, Run: rest.JSON(a.createServerGroup)},
		{Do: "GET" + at + "/{id}", Rule: rule + "show", Status: 200, Run: rest.Get(a.showServerGroup)},
		{Do: "DELETE" + at + "/{id}", Rule: rule + "delete", Status: 204, Run: rest.Do(a.deleteServerGroup)},
	}
}

// viewServerGroup is a group: one policy with rules since 2.64, a list of policies with empty metadata before.
func viewServerGroup(c *rest.Call, g nova.ServerGroup) view {
	v := view{"id": g.ID, "name": g.Name, "members": append([]string{}, g.Members...)}
	if c.Version.AtLeast(2, 64) {
		rules := view{}
		if g.MaxPerHost > 0 {
			rules["max_server_per_host"] = g.MaxPerHost
		}
		v["policy"], v["rules"] = g.Policy, rules
	} else {
		v["policies"], v["metadata"] = []string{g.Policy}, view{}
	}
	if c.Version.AtLeast(2, 13) {
		v["project_id"], v["user_id"] = g.ProjectID, g.UserID
	}
	return v
}

func (a *API) listServerGroups(ctx context.Context, c *rest.Call) (view, error) {
	if err := c.Authorize(c.Mine()); err != nil {
		return nil, err
	}
	project := c.Who.ProjectID
	if c.Query().Has("all_projects") && c.Who.Has("admin") {
		if err := c.AuthorizeRule("os_compute_api:os-server-groups:index:all_projects", c.Mine()); err != nil {
			return nil, err
		}
		project = ""
	}
	limit, err := a.limit(c)
	if err != nil {
		return nil, err
	}
	if limit == 0 { // as nova/api/openstack/common.py, limited
		limit = cmp.Or(a.MaxLimit, defaultMaxLimit)
	}
	offset := 0
	if c.Query().Has("offset") {
		if offset, err = strconv.Atoi(c.Query().Get("offset")); err != nil || offset < 0 {
			return nil, bad("offset must be an integer")
		}
	}
	groups, err := a.Manager.ServerGroups(ctx, project, offset, limit)
	list := make([]view, len(groups))
	for i, g := range groups {
		list[i] = viewServerGroup(c, g)
	}
	return view{"server_groups": list}, err
}

type serverGroupBody struct {
	Group struct {
		Name     string   `json:"name"`
		Policies []string `json:"policies"`
		Policy   string   `json:"policy"`
		Rules    *struct {
			MaxPerHost *number `json:"max_server_per_host"`
		} `json:"rules"`
	} `json:"server_group"`
}

func (a *API) createServerGroup(ctx context.Context, c *rest.Call, in serverGroupBody) (view, error) {
	if err := c.Authorize(c.Mine()); err != nil {
		return nil, err
	}
	g := nova.ServerGroup{
		Name: strings.TrimSpace(in.Group.Name), Policy: in.Group.Policy, ProjectID: c.Who.ProjectID, UserID: c.Who.UserID,
	}
	if len(in.Group.Policies) > 0 {
		g.Policy = in.Group.Policies[0]
	}
	if in.Group.Rules != nil && in.Group.Rules.MaxPerHost != nil {
		if g.Policy != "anti-affinity" {
			return nil, bad("Only anti-affinity policy supports rules.")
		}
		g.MaxPerHost = int(*in.Group.Rules.MaxPerHost)
	}
	g, err := a.Manager.CreateServerGroup(ctx, c.Who, g)
	if err != nil {
		return nil, err
	}
	return view{"server_group": viewServerGroup(c, g)}, nil
}

func (a *API) serverGroup(ctx context.Context, c *rest.Call) (nova.ServerGroup, error) {
	g, err := a.Manager.ServerGroup(ctx, c.Who, c.Path("id"))
	if err != nil {
		return g, err
	}
	return g, c.Authorize(policy.Target{"project_id": g.ProjectID, "user_id": g.UserID})
}

func (a *API) showServerGroup(ctx context.Context, c *rest.Call) (view, error) {
	g, err := a.serverGroup(ctx, c)
	return view{"server_group": viewServerGroup(c, g)}, err
}

func (a *API) deleteServerGroup(ctx context.Context, c *rest.Call) error {
	g, err := a.serverGroup(ctx, c)
	if err != nil {
		return err
	}
	return a.Manager.DeleteServerGroup(ctx, c.Who, g.ID)
}
