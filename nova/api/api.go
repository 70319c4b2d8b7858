package api

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"cumulet/nova/manager"
	"cumulet/oslo/policy"
	"cumulet/oslo/rest"
)

// API serves compute over HTTP.
type API struct {
	Manager *manager.Manager
	// Projects checks the projects that quotas and access to flavors are given to.
	Projects ProjectSource
	Auth     rest.Authenticator
	Policy   *policy.Enforcer
	Log      *slog.Logger
	// Prefix is where the gateway mounts it ("/compute"); KeystoneURL is told to callers without a token.
	Prefix, KeystoneURL string
	Now                 func() time.Time
	// NewPassword makes a server's first password; a random one when nil.
	NewPassword func() string
	// MaxLimit bounds a page of a list; 1,000 when zero.
	MaxLimit int
	// Keeper has POST requests with an Idempotency-Key answered once.
	Keeper rest.Keeper

	renderings renderings
}

// ProjectSource knows projects: nova/identity asks keystone. A project that is not there is a fault of kind Invalid.
type ProjectSource interface {
	CheckProject(ctx context.Context, who policy.Who, id string) error
}

// minVersion is the first microversion.
var minVersion = rest.V(2, 1)

// Versions are the microversions that are served.
func Versions() *rest.Versions {
	return rest.History("compute", "X-OpenStack-Nova-API-Version", minVersion, changes())
}

// Handler checks the tables and serves them: with microversions under /v2.1, and under /v2 without, for older clients.
func (a *API) Handler() (http.Handler, error) {
	current := a.table(a.Routes())
	current.Versions = Versions()
	old := a.table(legacyRoutes(a.Routes()))
	now, err := current.Handler()
	if err != nil {
		return nil, err
	}
	then, err := old.Handler()
	if err != nil {
		return nil, err
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := strings.TrimPrefix(r.URL.Path, a.Prefix)
		if strings.HasPrefix(path, "/v2/") && path != "/v2/" {
			then.ServeHTTP(w, r)
			return
		}
		now.ServeHTTP(w, r)
	}), nil
}

func (a *API) table(routes []rest.Route) *rest.API {
	return &rest.API{
		Service: "nova", Prefix: a.Prefix, Routes: routes, Dialect: dialect(a.KeystoneURL), Auth: a.Auth, Policy: a.Policy, Log: a.Log,
		Keeper: a.Keeper,
	}
}

// Routes is the whole table.
func (a *API) Routes() []rest.Route {
	return slices.Concat(
		a.versionRoutes(), a.serverRoutes(), a.serverActionRoutes(), a.metadataRoutes(), a.tagRoutes(), a.addressRoutes(),
		a.actionRoutes(), a.interfaceRoutes(), a.flavorRoutes(), a.extraSpecRoutes(),
		a.flavorAccessRoutes(), a.keypairRoutes(), a.limitRoutes(), a.quotaRoutes(), a.quotaClassRoutes(), a.zoneRoutes(),
		a.serviceRoutes(), a.hypervisorRoutes(), a.aggregateRoutes(), a.serverGroupRoutes(), a.externalEventRoutes(),
		a.extensionRoutes(), a.securityGroupRoutes(),
	)
}

// legacyRoutes are those that microversion 2.1 has, under the path of the API without microversions.
func legacyRoutes(routes []rest.Route) []rest.Route {
	var old []rest.Route
	for _, r := range routes {
		method, path, _ := strings.Cut(r.Do, " ")
		below, versioned := strings.CutPrefix(path, "/v2.1")
		if !versioned || below == "" || r.Min.Compare(minVersion) > 0 {
			continue
		}
		r.Do, r.Min, r.Max = method+" /v2"+below, rest.Version{}, rest.Version{}
		old = append(old, r)
	}
	return old
}

// view is an answer's object: which members it has depends on the microversion.
type view = map[string]any
