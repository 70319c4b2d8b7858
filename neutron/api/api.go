package api

import (
	"context"
	"log/slog"
	"net/http"
	"slices"

	"cumulet/neutron"
	"cumulet/neutron/plugin"
	"cumulet/oslo/policy"
	"cumulet/oslo/rest"
)

// API is the networking API over a plugin.
type API struct {
	Plugin *plugin.Plugin
	Auth   rest.Authenticator
	Policy *policy.Enforcer
	Prefix string // where the gateway mounts it: "/network"
	// IdentityURL is what a 401 points to.
	IdentityURL string
	Log         *slog.Logger
	// Keeper has POST requests with an Idempotency-Key answered once.
	Keeper rest.Keeper
}

// Handler serves the API.
func (a *API) Handler() (http.Handler, error) {
	api := &rest.API{
		Service: "neutron", Prefix: a.Prefix, Routes: a.Routes(), Dialect: a.dialect(), Auth: a.Auth, Policy: a.Policy, Log: a.Log,
		Keeper: a.Keeper,
	}
	return api.Handler()
}

// Routes are the API's table.
func (a *API) Routes() []rest.Route {
	return slices.Concat(
		a.versionRoutes(), a.extensionRoutes(),
		routesOf(a, a.networks()), routesOf(a, a.subnets()), routesOf(a, a.ports()), routesOf(a, a.routers()), a.routerActions(),
		routesOf(a, a.floatingIPs()), routesOf(a, a.securityGroups()), routesOf(a, a.securityGroupRules()),
		a.tagRoutes(), a.quotaRoutes(), a.agentRoutes(), a.zoneRoutes(), a.availabilityRoutes(), a.emptyRoutes(),
	)
}

// unowned is a list that does nothing for the caller's project.
func unowned[N any](list func(context.Context, neutron.Query) ([]N, error)) func(context.Context, neutron.Query, string) ([]N, error) {
	return func(ctx context.Context, q neutron.Query, _ string) ([]N, error) { return list(ctx, q) }
}
