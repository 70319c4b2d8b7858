// Package api is compute's wire face: routes, schemas and views by microversion, 2.1 to 2.93. What may be done is decided in
// nova/manager; statuses of refusals stand in dialect.go.
//
// Differences between microversions stand where they show: a route's window, a schema's From, a view's AtLeast.
package api
