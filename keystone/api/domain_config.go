package api

import (
	"context"
	"net/http"

	"cumulet/keystone"
	"cumulet/oslo/policy"
	"cumulet/oslo/rest"
)

// domainConfigRoutes have no schemas: a schema's refusal repeats what it refuses, which may be a password. What is taken is
// keystone.ParseDomainConfig's to say.
func (a *API) domainConfigRoutes() []rest.Route {
	const config, compliance = "/v3/domains/{id}/config", "/v3/domains/{id}/config/security_compliance"
	const anybodys = "identity:get_security_compliance_domain_config"
	routes := []rest.Route{
		{Do: "PUT " + config, Rule: "identity:create_domain_config", Status: 201, Run: rest.JSON(a.createDomainConfig)},
		{Do: "GET " + compliance, Rule: anybodys, Status: 200, Run: rest.Get(a.showSecurityCompliance)},
		{Do: "GET " + compliance + "/{option}", Rule: anybodys, Status: 200, Run: rest.Get(a.showSecurityCompliance)},
	}
	for _, part := range []string{"", "/{group}", "/{group}/{option}"} {
		routes = append(routes,
			rest.Route{Do: "GET " + config + part, Rule: "identity:get_domain_config", Status: 200, Run: rest.Get(a.showDomainConfig)},
			rest.Route{Do: "PATCH " + config + part, Rule: "identity:update_domain_config", Status: 200, Run: rest.JSON(a.updateDomainConfig)},
			rest.Route{Do: "DELETE " + config + part, Rule: "identity:delete_domain_config", Status: 204, Run: rest.Do(a.deleteDomainConfig)},
			rest.Route{Do: "GET /v3/domains/config" + part + "/default", Rule: "identity:get_domain_config_default", Status: 200,
				Run: rest.Get(a.showDefaultConfig)},
		)
	}
	return routes
}

func (a *API) createDomainConfig(ctx context.Context, c *rest.Call, in body) (view, error) {
	d, err := a.domain(ctx, c)
	if err != nil {
		return nil, err
	}
	given, err := keystone.ParseDomainConfig(in["config"])
	if err != nil {
		return nil, err
	}
	shown, replaced, err := a.Resource.CreateDomainConfig(ctx, d.ID, given)
	if replaced {
		c.SetStatus(http.StatusOK)
	}
	return configView(shown, ""), err
}

// showDomainConfig says of a domain that is not there that it has no configuration. As keystone/api/domains.py, DomainConfigBase.get.
func (a *API) showDomainConfig(ctx context.Context, c *rest.Call) (view, error) {
	if err := c.Authorize(policy.Target{"target.domain.id": c.Path("id")}); err != nil {
		return nil, err
	}
	config, err := a.Resource.DomainConfig(ctx, c.Path("id"), c.Path("group"), c.Path("option"))
	return configView(config, c.Path("option")), err
}

func (a *API) updateDomainConfig(ctx context.Context, c *rest.Call, in body) (view, error) {
	d, err := a.domain(ctx, c)
	if err != nil {
		return nil, err
	}
	all := map[string]any(in["config"])
	if c.Path("option") != "" { // the body names the option, without its group
		all = map[string]any{c.Path("group"): all}
	}
	given, err := keystone.ParseDomainConfig(all)
	if err != nil {
		return nil, err
	}
	config, err := a.Resource.UpdateDomainConfig(ctx, d.ID, c.Path("group"), c.Path("option"), given)
	return configView(config, ""), err
}

func (a *API) deleteDomainConfig(ctx context.Context, c *rest.Call) error {
	d, err := a.domain(ctx, c)
	if err != nil {
		return err
	}
	return a.Resource.DeleteDomainConfig(ctx, d.ID, c.Path("group"), c.Path("option"))
}

func (a *API) showDefaultConfig(_ context.Context, c *rest.Call) (view, error) {
	if err := c.Authorize(policy.Target{}); err != nil {
		return nil, err
	}
	config, err := keystone.DefaultDomainConfig(c.Path("group"), c.Path("option"))
	return configView(config, c.Path("option")), err
}

// showSecurityCompliance tells every user what passwords must be like; the cloud has one answer for all, which is asked of the default
// domain. As keystone/resource/core.py, get_security_compliance_config.
func (a *API) showSecurityCompliance(_ context.Context, c *rest.Call) (view, error) {
	if err := c.Authorize(policy.Target{"target.domain.id": c.Path("id")}); err != nil {
		return nil, err
	}
	config, err := a.Config.SecurityCompliance(c.Path("id"), c.Path("option"))
	return configView(config, c.Path("option")), err
}

// configView shows a configuration; the one option that was asked for stands without its group.
func configView(config keystone.DomainConfig, option string) view {
	if option != "" {
		for _, options := range config {
			return view{"config": options}
		}
	}
	return view{"config": config}
}
