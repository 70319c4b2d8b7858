// Package upstreamtest starts OpenStack's own keystone for a test, as Debian has it, on SQLite in a folder of its own.
package upstreamtest
