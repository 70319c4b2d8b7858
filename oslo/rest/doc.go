// Package rest turns a table of routes into a service's HTTP API: token, then microversion, then route, then schema, then
// handler, then "was it authorized?", then the service's dialect. Handlers return a value or an error and never see a
// ResponseWriter; statuses of refusals stand in one place, the dialect.
//
// It knows no service. Policy decisions are oslo/policy's, tokens are confirmed by keystone/middleware.
//
// A service's api package is a struct of what it needs, that lists its routes, a file a noun:
//
//	func (a *API) networkRoutes() []rest.Route {
//		return []rest.Route{
//			{Do: "POST /v2.0/networks", Rule: "create_network", In: rest.Body(networkSchema), Status: 201, Run: rest.JSON(a.createNetwork)},
//			{Do: "GET /v2.0/networks/{id}", Rule: "get_network", Status: 200, Run: rest.Get(a.showNetwork)},
//			{Do: "DELETE /v2.0/networks/{id}", Rule: "delete_network", Status: 204, Run: rest.Do(a.deleteNetwork)},
//		}
//	}
package rest
