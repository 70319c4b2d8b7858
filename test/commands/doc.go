// Package commands runs each command that OpenStack's own client has for a service, once at least, against a cloud with fake drivers.
package commands
