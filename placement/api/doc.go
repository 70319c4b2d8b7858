// Package api is placement's wire face: routes, schemas and views by microversion, 1.0 to 1.39. What may be changed is
// decided in placement/manager.
package api
