// Package transport opens the bus's transport that an address names; only who wires a process together imports it, and with
// it the brokers.
package transport
