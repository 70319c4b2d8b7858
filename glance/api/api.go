package api

import (
	"log/slog"
	"net/http"
	"slices"

	"cumulet/glance"
	"cumulet/glance/registry/client"
	"cumulet/glance/store"
	"cumulet/glance/transfer"
	"cumulet/oslo/policy"
	"cumulet/oslo/rest"
)

// API is the role glance-api.
type API struct {
	Registry *client.Registry
	Transfer *transfer.Transfer
	Stores   store.Set
	Config   glance.Config
	Auth     rest.Authenticator
	Policy   *policy.Enforcer
	Log      *slog.Logger
	// Prefix is where the gateway mounts the API: "/image".
	Prefix string
	// KeystoneURL is told to callers without a valid token.
	KeystoneURL string
	// Keeper has POST requests with an Idempotency-Key answered once.
	Keeper rest.Keeper

	schemas schemas
}

// Handler checks the route table and serves it.
func (a *API) Handler() (http.Handler, error) {
	var err error
	if a.schemas, err = loadSchemas(); err != nil {
		return nil, err
	}
	api := &rest.API{
		Service: "glance", Prefix: a.Prefix, Routes: a.Routes(), Dialect: dialect(a.KeystoneURL),
		Auth: a.Auth, Policy: a.Policy, Log: a.Log, Keeper: a.Keeper, ExactPaths: true,
	}
	return api.Handler()
}

// Routes is the table of the API.
func (a *API) Routes() []rest.Route {
	return refusingBodies(slices.Concat(
		a.versionRoutes(), a.imageRoutes(), a.fileRoutes(), a.locationRoutes(), a.importRoutes(), a.taskRoutes(), a.memberRoutes(), a.schemaRoutes(),
		a.infoRoutes(), a.cacheRoutes(),
		a.namespaceRoutes(), a.definitionRoutes(), a.resourceTypeRoutes(),
	))
}
