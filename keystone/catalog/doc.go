// Package catalog holds the rules of where the services are: regions, services, endpoints, and what of them a token's
// holder is told.
package catalog
