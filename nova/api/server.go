package api

import (
	"context"
	"encoding/json"
	"strings"

	"cumulet/nova"
	"cumulet/nova/manager"
	"cumulet/oslo/policy"
	"cumulet/oslo/rest"
)

func (a *API) serverRoutes() []rest.Route {
	const rule = "os_compute_api:servers:"
	return []rest.Route{
		{Do: "GET /v2.1/servers", Rule: rule + "index", Query: serverQueries(), Status: 200, Run: rest.Get(a.listServers)},
		{Do: "GET /v2.1/servers/detail", Rule: rule + "detail", Query: serverQueries(), Status: 200, Run: rest.Get(a.detailServers)},
		{Do: "POST /v2.1/servers", Rule: rule + "create", In: createServerSchemas(), Status: 202, Run: rest.JSON(a.createServer)},
		{Do: "GET /v2.1/servers/{id}", Rule: rule + "show", Status: 200, Run: rest.Get(a.showServer)},
		{Do: "PUT /v2.1/servers/{id}", Rule: rule + "update", In: updateServerSchemas(), Status: 200, Run: rest.JSON(a.updateServer)},
		{Do: "DELETE /v2.1/servers/{id}", Rule: rule + "delete", Status: 204, Run: rest.Do(a.deleteServer)},
	}
}

// ownedBy is the target of a server's rules.
func ownedBy(s nova.Server) policy.Target {
	return policy.Target{"project_id": s.ProjectID, "user_id": s.UserID}
}

// server finds the server of the path and authorizes the call on it.
func (a *API) server(ctx context.Context, c *rest.Call) (nova.Server, error) {
	return a.serverBy(ctx, c, c.Route.Rule)
}

func (a *API) serverBy(ctx context.Context, c *rest.Call, rule string) (nova.Server, error) {
	s, err := a.Manager.Server(ctx, c.Who, c.Path("id"))
	if err != nil {
		return s, err
	}
	return s, c.AuthorizeRule(rule, ownedBy(s))
}

func (a *API) listServers(ctx context.Context, c *rest.Call) (view, error) {
	servers, limit, err := a.findServers(ctx, c)
	if err != nil {
		return nil, err
	}
	list := make([]serverName, len(servers))
	for i, s := range servers {
		list[i] = serverName{s.ID, links(c, "servers", s.ID), s.Name}
	}
	v := nextServers(c, servers, limit, "servers")
	v["servers"] = list
	return v, nil
}

func (a *API) detailServers(ctx context.Context, c *rest.Call) (json.RawMessage, error) {
	servers, limit, err := a.findServers(ctx, c)
	if err != nil {
		return nil, err
	}
	shows, err := a.shownOf(ctx, c, c.Mine(), servers)
	if err != nil {
		return nil, err
	}
	list, err := a.render(c, shows, servers)
	if err != nil {
		return nil, err
	}
	beside, err := json.Marshal(nextServers(c, servers, limit, "servers/detail"))
	return rest.WithList(beside, "servers", list), err
}

// serverName is a server in the short list.
type serverName struct {
	ID    string `json:"id"`
	Links []link `json:"links"`
	Name  string `json:"name"`
}

// nextServers is the way to the page after this one, where there may be one.
func nextServers(c *rest.Call, servers []nova.Server, limit int, path string) view {
	if len(servers) == 0 {
		return view{}
	}
	if more := next(c, limit, len(servers), path, servers[len(servers)-1].ID); more != nil {
		return view{"servers_links": more}
	}
	return view{}
}

// findServers lists the servers that the query asks for.
func (a *API) findServers(ctx context.Context, c *rest.Call) ([]nova.Server, int, error) {
	if err := c.Authorize(c.Mine()); err != nil {
		return nil, 0, err
	}
	f, nothing, err := serverFilter(c)
	if err != nil {
		return nil, 0, err
	}
	if f.ProjectID == "" {
		if err := c.AuthorizeRule(c.Route.Rule+":get_all_tenants", c.Mine()); err != nil {
			return nil, 0, err
		}
	}
	p, err := a.page(c)
	if err != nil {
		return nil, 0, err
	}
	if p.Sort, err = serverSort(c); err != nil {
		return nil, 0, err
	}
	if nothing || p.Limit == 0 {
		return nil, p.Limit, nil
	}
	if c.Query().Has("tenant_id") && isAllTenants(c) {
		f.ProjectID = c.Query().Get("tenant_id")
	}
	servers, err := a.Manager.Servers(ctx, f, p)
	return servers, p.Limit, err
}

func (a *API) showServer(ctx context.Context, c *rest.Call) (view, error) {
	s, err := a.server(ctx, c)
	if err != nil {
		return nil, err
	}
	return a.oneServer(ctx, c, s)
}

// oneServer is a server with all that its caller may see.
func (a *API) oneServer(ctx context.Context, c *rest.Call, s nova.Server) (view, error) {
	shows, err := a.shownOf(ctx, c, ownedBy(s), []nova.Server{s})
	if err != nil {
		return nil, err
	}
	if s.Fault != nil && c.Who.Has("admin") {
		if shows.report, err = a.Manager.SchedulerReport(ctx, c.Who, s.ID); err != nil {
			return nil, err
		}
	}
	v := shows.server(c, s)
	v.inGroup(c, s)
	return view{"server": v}, nil
}

type updateServerBody struct {
	Server struct {
		Name        *string               `json:"name"`
		Description rest.Optional[string] `json:"description"`
		Hostname    *string               `json:"hostname"`
		DiskConfig  *string               `json:"OS-DCF:diskConfig"`
		AccessIPv4  *string               `json:"accessIPv4"`
		AccessIPv6  *string               `json:"accessIPv6"`
	} `json:"server"`
}

func (a *API) updateServer(ctx context.Context, c *rest.Call, in updateServerBody) (view, error) {
	s, err := a.server(ctx, c)
	if err != nil {
		return nil, err
	}
	given := in.Server
	if given.Name != nil {
		*given.Name = strings.TrimSpace(*given.Name)
	}
	u := manager.ServerUpdate{
		Name: given.Name, Hostname: given.Hostname, DiskConfig: given.DiskConfig, AccessIPv4: given.AccessIPv4, AccessIPv6: given.AccessIPv6,
		SetDescription: given.Description.Set,
	}
	if given.Description.Set && !given.Description.Null {
		u.Description = &given.Description.Value
	}
	if s, err = a.Manager.UpdateServer(ctx, c.Who, s.ID, u); err != nil {
		return nil, err
	}
	if c.Version.AtLeast(2, 75) {
		return a.oneServer(ctx, c, s)
	}
	v := (&shown{extraSpecs: c.Allowed("os_compute_api:servers:show:flavor-extra-specs", ownedBy(s)), brief: true}).server(c, s)
	v.inGroup(c, s)
	return view{"server": v}, nil
}

func (a *API) deleteServer(ctx context.Context, c *rest.Call) error {
	s, err := a.server(ctx, c)
	if err != nil {
		return err
	}
	return a.Manager.DeleteServer(ctx, c.Who, s.ID)
}
