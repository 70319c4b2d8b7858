package manager

import (
	"context"

	"cumulet/nova"
	"cumulet/oslo/policy"
)

// CreateRequest is what is asked of a creation, checked by the wire for form only.
type CreateRequest struct {
	Name                string
	Description         *string
	Hostname            string // "" derives it from the name
	ImageID             string
	FlavorID            string
	KeyName             string
	UserData            string // base64
	ConfigDrive         bool
	DiskConfig          string // AUTO or MANUAL; "" as AUTO when the image says so, else MANUAL
	AccessIPv4          string
	AccessIPv6          string
	Metadata            map[string]string
	Tags                []string
	NetworkMode         string // nova.NetworksNamed, NetworksAuto or NetworksNone
	Networks            []nova.RequestedNetwork
	SecurityGroups      []string // names or ids; none means "default"
	AvailabilityZone    string   // "zone", "zone:host" or "zone:host:node"
	Host, Node          string   // microversion 2.74
	Hints               map[string][]string
	Min, Max            int // how many; 0 as 1
	AdminPassword       string
	TrustedCertificates []string
}

// CreateServers records the servers asked for, each with the flow that builds it; all share a reservation id.
func (m *Manager) CreateServers(ctx context.Context, who policy.Who, r CreateRequest) ([]nova.Server, error) {
	return nil, errUnderWay
}
