// Package ipam is the arithmetic of addresses: default pools and gateways, what lies in what, which address to give out next.
// It keeps nothing; what is taken it is told.
package ipam
