package manager

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"cumulet/nova"
	novadb "cumulet/nova/db"
	"cumulet/oslo/flow"
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
	DiskConfig          string // AUTO or MANUAL; "" is what the image says, else MANUAL
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

// order is a creation with all that it names looked up.
type order struct {
	CreateRequest
	who                 policy.Who
	flavor              nova.Flavor
	image               nova.Image
	kernelID, ramdiskID string // of an AMI
	key                 nova.Keypair
	groupIDs            []string // security groups
	zone                string
	forced              bool
	group               *nova.ServerGroup
}

// CreateServers records the servers asked for, each with the flow that builds it; all share a reservation id.
func (m *Manager) CreateServers(ctx context.Context, who policy.Who, r CreateRequest) ([]nova.Server, error) {
	r.Min = cmp.Or(r.Min, 1)
	r.Max = max(r.Max, r.Min)
	o, err := m.lookUp(ctx, who, r)
	if err != nil {
		return nil, err
	}
	var servers []nova.Server
	err = m.DB.Tx(ctx, func(tx *novadb.Tx) error {
		count, err := m.admitServers(ctx, tx, o)
		if err != nil {
			return err
		}
		servers = m.drawUp(o, count)
		if err := tx.InsertServers(ctx, servers); err != nil {
			return err
		}
		for _, s := range servers {
			if err := m.startBuild(ctx, tx, o, s); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, doing(err, "create server %q", r.Name)
	}
	m.nudge(ctx)
	return servers, nil
}

// startBuild records the flow that builds a server, and what the user sees of it.
func (m *Manager) startBuild(ctx context.Context, tx *novadb.Tx, o order, s nova.Server) error {
	action, err := m.beginAction(ctx, tx, o.who, s.ID, "create")
	if err != nil {
		return err
	}
	spec := nova.RequestSpec{
		ServerID: s.ID, ProjectID: s.ProjectID, UserID: s.UserID, Flavor: s.Flavor, Image: s.Image,
		AvailabilityZone: o.zone, Host: o.Host, Node: o.Node, Forced: o.forced, Hints: o.Hints,
	}
	_, err = flow.Start(ctx, tx.Tx, nova.CreateFlow, s.ID, nova.CreateState{
		ServerID: s.ID, ActionID: action, Spec: spec, Networks: o.Networks, NetworkMode: o.NetworkMode,
		SecurityGroups: o.groupIDs,
	})
	if err != nil {
		return err
	}
	return record(ctx, tx, "server.create.start", s)
}

// drawUp makes the records of the servers.
func (m *Manager) drawUp(o order, count int) []nova.Server {
	reservation := "r-" + strings.ReplaceAll(m.NewID(), "-", "")[:8]
	servers := make([]nova.Server, count)
	for i := range servers {
		id, now := m.NewID(), m.now()
		s := nova.Server{
			ID: id, ProjectID: o.who.ProjectID, UserID: o.who.UserID, Name: o.Name, Description: o.Description,
			Hostname: cmp.Or(o.Hostname, hostname(o.Name)), VMState: nova.Building, TaskState: nova.Scheduling,
			AvailabilityZone: o.zone, ImageID: o.image.ID, Image: o.image.BaseProperties(), Flavor: o.flavor,
			KernelID: o.kernelID, RamdiskID: o.ramdiskID,
			KeyName: o.key.Name, PublicKey: o.key.PublicKey, UserData: o.UserData, ConfigDrive: o.ConfigDrive,
			DiskConfig: o.DiskConfig, AccessIPv4: written(o.AccessIPv4), AccessIPv6: written(o.AccessIPv6), RootDevice: "/dev/vda",
			SecurityGroups: o.SecurityGroups, Metadata: o.Metadata, Tags: o.Tags, ReservationID: reservation,
			SystemMetadata: map[string]string{}, LaunchIndex: i, CreatedAt: now, UpdatedAt: now,
		}
		if o.group != nil {
			s.ServerGroup = o.group.ID
		}
		if s.Hostname == "" {
			s.Hostname = "Server-" + id
		}
		if count > 1 { // as nova/compute/api.py, _populate_instance_names
			s.Name = fmt.Sprintf("%s-%d", s.Name, i+1)
			if o.Hostname == "" {
				s.Hostname = fmt.Sprintf("%s-%d", s.Hostname, i+1)
			}
		}
		servers[i] = s
	}
	return servers
}

// hostname makes a name fit for a host; as nova/utils.py, sanitize_hostname.
func hostname(name string) string {
	var b strings.Builder
	for i, r := range []rune(name) {
		switch {
		case i >= 63:
		case r == ' ' || r == '_' || r == '.':
			b.WriteByte('-')
		case r == '-', '0' <= r && r <= '9', 'a' <= r && r <= 'z':
			b.WriteRune(r)
		case 'A' <= r && r <= 'Z':
			b.WriteRune(r - 'A' + 'a')
		}
	}
	return strings.Trim(b.String(), ".-")
}
