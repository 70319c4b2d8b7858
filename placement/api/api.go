package api

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"cumulet/oslo/policy"
	"cumulet/oslo/rest"
	"cumulet/placement/manager"
)

// API serves placement over HTTP.
type API struct {
	Manager *manager.Manager
	Auth    rest.Authenticator
	Policy  *policy.Enforcer
	Log     *slog.Logger
	// Prefix is where the gateway mounts it ("/placement"); KeystoneURL is told to callers without a token.
	Prefix, KeystoneURL string
	Now                 func() time.Time
	// Keeper has POST requests with an Idempotency-Key answered once.
	Keeper rest.Keeper
}

// Handler checks the table and serves it.
func (a *API) Handler() (http.Handler, error) {
	served := rest.API{
		Service: "placement", Prefix: a.Prefix, Routes: a.Routes(), Dialect: dialect(a.KeystoneURL), Auth: a.Auth,
		Policy: a.Policy, Log: a.Log, MaxBody: 8 << 20, Takes: "application/json", Keeper: a.Keeper,
		Versions: Versions(),
	}
	return served.Handler()
}

// Versions are the microversions that are served.
func Versions() *rest.Versions { return rest.History("placement", "", rest.V(1, 0), changes()) }

// Routes is the whole table.
func (a *API) Routes() []rest.Route {
	return slices.Concat(
		a.rootRoutes(), a.resourceProviderRoutes(), a.inventoryRoutes(), a.allocationRoutes(), a.candidateRoutes(),
		a.traitRoutes(), a.resourceClassRoutes(), a.aggregateRoutes(), a.usageRoutes(), a.reshaperRoutes(),
	)
}

// fresh says how old an answer is, as callers since 1.15 learn it; the zero time means now.
func (a *API) fresh(c *rest.Call, modified time.Time) {
	if !c.Version.AtLeast(1, 15) {
		return
	}
	if modified.IsZero() {
		modified = a.Now()
	}
	c.Header().Set("Last-Modified", modified.UTC().Format(http.TimeFormat))
	c.Header().Set("Cache-Control", "no-cache")
}

// path is a place of this API as seen through the gateway, without the host: so do placement's links and locations look.
func (a *API) path(p string) string { return a.Prefix + p }

// since lists routes that exist from a microversion on.
func since(v rest.Version, routes ...rest.Route) []rest.Route {
	for i := range routes {
		routes[i].Min = v
	}
	return routes
}

func (a *API) rootRoutes() []rest.Route {
	return []rest.Route{{Do: "GET /", Rule: rest.Public, Status: 200, Run: rest.Get(a.home)}}
}

type link struct {
	Rel  string `json:"rel"`
	Href string `json:"href"`
}

type versionView struct {
	ID         string `json:"id"`
	MaxVersion string `json:"max_version"`
	MinVersion string `json:"min_version"`
	Status     string `json:"status"`
	Links      []link `json:"links"`
}

type versionsView struct {
	Versions []versionView `json:"versions"`
}

// home is the version document; its link is relative, as placement/handlers/root.py has it.
func (a *API) home(_ context.Context, c *rest.Call) (versionsView, error) {
	a.fresh(c, time.Time{})
	served := Versions()
	return versionsView{[]versionView{{
		ID: "v1.0", MaxVersion: served.Max.String(), MinVersion: served.Min.String(), Status: "CURRENT", Links: []link{{"self", ""}},
	}}}, nil
}
