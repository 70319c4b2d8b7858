// Package catalog holds the rules of where the services are: regions, services, endpoints, and what of them a token's
// holder is told, by the endpoints and endpoint groups that a project was given. Policies lie here too, since all they are for is
// endpoints, services and regions.
package catalog
