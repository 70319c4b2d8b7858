// Package definition holds files of metadata definitions, a namespace each, in the form that upstream's glance-manage loads and exports:
// the standard ones, which are in the binary, and those of an operator's folder. It knows no database; glance/registry loads what was read.
//
// What the standard ones are called, their types and values are the wire's, as etc/metadefs has them upstream: dashboards and clients ask for
// them by name. What they say to people is said in words of our own.
package definition
