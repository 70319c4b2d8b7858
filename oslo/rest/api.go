package rest

import (
	"log/slog"

	"cumulet/oslo/policy"
)

// API is one service's wire face: its table, dialect and versions.
type API struct {
	Service string // as in logs and metrics: "neutron"
	Prefix  string // where the gateway mounts it: "/network"; stripped before routing
	Routes  []Route
	Dialect Dialect
	// Versions is nil where the API has no microversions.
	Versions *Versions
	Auth     Authenticator
	Policy   *policy.Enforcer
	Log      *slog.Logger
	// MaxBody bounds bodies, in bytes; 1 MiB when zero.
	MaxBody int64
}
