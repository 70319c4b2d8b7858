// Package resource holds the rules of what there is to work in: domains with their configurations, and the projects that nest
// in them. Who may work there is assignment's.
package resource
