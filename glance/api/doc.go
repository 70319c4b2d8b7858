// Package api is the Images API v2: routes, schemas, views and the dialect. It decides nothing about images: metadata is
// glance-registry's, asked over the bus; bits go through package transfer.
package api
