// Package manager holds compute's rules: what may be asked of servers, flavors, key pairs and the rest, counted, checked
// and recorded in one transaction each, with the flow that carries it out. nova-api and the metadata service stand on it;
// nova-conductor runs the flows it records. It does no scheduling, touches no hypervisor and knows no HTTP statuses.
//
// Callers authorize before they ask; the manager only hides other projects' things from those who are no admins.
package manager

import (
	"context"
	"log/slog"
	"time"

	"cumulet/nova"
	novadb "cumulet/nova/db"
	"cumulet/oslo/messaging"
	"cumulet/oslo/policy"
)

// Manager is compute's rules over one database.
type Manager struct {
	DB       *novadb.DB
	Bus      *messaging.Bus
	Images   ImageSource
	Networks NetworkSource
	Config   nova.Config
	Now      func() time.Time
	NewID    func() string // a UUID
	Log      *slog.Logger
}

// ImageSource knows images: nova/image asks glance. No such image, or none the caller may see, is a fault of kind NotFound.
type ImageSource interface {
	Image(ctx context.Context, who policy.Who, id string) (nova.Image, error)
}

// NetworkSource checks what a creation asks of the network: nova/network asks neutron.
type NetworkSource interface {
	// Check gives the requests as they will be carried out for a number of servers: with mode named and no requests, the
	// one network that the project has. Faults are worded as nova's API words them.
	Check(ctx context.Context, who policy.Who, mode string, asked []nova.RequestedNetwork, servers int) ([]nova.RequestedNetwork, error)
	// CheckSecurityGroups gives the ids of the project's groups of these names or ids, in order.
	CheckSecurityGroups(ctx context.Context, who policy.Who, groups []string) ([]string, error)
	// SecurityGroups shows groups of these ids, as far as the caller sees them.
	SecurityGroups(ctx context.Context, who policy.Who, ids []string) ([]nova.SecurityGroup, error)
}
