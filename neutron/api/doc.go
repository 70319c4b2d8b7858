// Package api is neutron's wire face: v2.0 of the networking API. What varies between resources is a table of attributes per
// noun, in the noun's file; what happens to all of them is resource.go (requests), list.go (queries) and value.go (values).
//
// It decides nothing but what a request may name and what its caller may see; the rest is plugin's.
package api
