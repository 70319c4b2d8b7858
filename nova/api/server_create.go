package api

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"math/big"
	"slices"
	"strings"

	"cumulet/nova"
	"cumulet/nova/manager"
	"cumulet/oslo/rest"
)

type createServerBody struct {
	Server   newServer                  `json:"server"`
	Hints    map[string]json.RawMessage `json:"os:scheduler_hints"`
	OldHints map[string]json.RawMessage `json:"OS-SCH-HNT:scheduler_hints"`
}

// newServer is a server as asked for; the schema has seen its form.
type newServer struct {
	Name          string            `json:"name"`
	Description   *string           `json:"description"`
	Hostname      string            `json:"hostname"`
	ImageRef      string            `json:"imageRef"`
	FlavorRef     text              `json:"flavorRef"`
	AdminPass     string            `json:"adminPass"`
	Metadata      map[string]string `json:"metadata"`
	Networks      json.RawMessage   `json:"networks"`
	DiskConfig    string            `json:"OS-DCF:diskConfig"`
	AccessIPv4    string            `json:"accessIPv4"`
	AccessIPv6    string            `json:"accessIPv6"`
	Zone          string            `json:"availability_zone"`
	OldDevices    []json.RawMessage `json:"block_device_mapping"`
	Devices       []blockDevice     `json:"block_device_mapping_v2"`
	ConfigDrive   truth             `json:"config_drive"`
	KeyName       string            `json:"key_name"`
	MinCount      *number           `json:"min_count"`
	MaxCount      *number           `json:"max_count"`
	ReservationID truth             `json:"return_reservation_id"`
	Groups        []struct {
		Name string `json:"name"`
	} `json:"security_groups"`
	UserData     string            `json:"user_data"`
	Personality  []json.RawMessage `json:"personality"`
	Tags         []string          `json:"tags"`
	Certificates []string          `json:"trusted_image_certificates"`
	Host         string            `json:"host"`
	Node         string            `json:"hypervisor_hostname"`
}

type blockDevice struct {
	SourceType      string `json:"source_type"`
	DestinationType string `json:"destination_type"`
	UUID            string `json:"uuid"`
	ImageID         string `json:"image_id"`
	BootIndex       *text  `json:"boot_index"`
}

// createServer is POST /servers; as nova/api/openstack/compute/servers.py, create.
func (a *API) createServer(ctx context.Context, c *rest.Call, in createServerBody) (view, error) {
	if err := c.Authorize(c.Mine()); err != nil {
		return nil, err
	}
	request, err := a.createRequest(c, in)
	if err != nil {
		return nil, err
	}
	servers, err := a.Manager.CreateServers(ctx, c.Who, request)
	if err != nil {
		return nil, err
	}
	s := servers[0]
	if in.Server.ReservationID {
		return view{"reservation_id": s.ReservationID}, nil
	}
	c.Header().Set("Location", c.URL(base(c)+"/servers/"+s.ID))
	groups := []view{}
	for _, g := range in.Server.Groups {
		groups = append(groups, view{"name": g.Name})
	}
	if in.Server.Groups == nil {
		groups = []view{{"name": "default"}}
	}
	return view{"server": view{
		"id": s.ID, "links": links(c, "servers", s.ID), "OS-DCF:diskConfig": s.DiskConfig, "security_groups": groups,
		"adminPass": request.AdminPassword,
	}}, nil
}

// createRequest reads a creation and asks the rules for what not everyone may.
func (a *API) createRequest(c *rest.Call, in createServerBody) (r manager.CreateRequest, err error) {
	s := in.Server
	r = manager.CreateRequest{
		Name: strings.TrimSpace(s.Name), Description: s.Description, Hostname: s.Hostname, FlavorID: lastSegment(string(s.FlavorRef)),
		KeyName: s.KeyName, UserData: s.UserData, ConfigDrive: bool(s.ConfigDrive), DiskConfig: s.DiskConfig, AccessIPv4: s.AccessIPv4,
		AccessIPv6: s.AccessIPv6, Metadata: orEmpty(s.Metadata), Tags: s.Tags, AvailabilityZone: s.Zone, Host: s.Host, Node: s.Node,
		AdminPassword: s.AdminPass, TrustedCertificates: s.Certificates, Min: 1,
	}
	if !c.Version.AtLeast(2, 19) {
		r.Description = &r.Name
	}
	if r.AdminPassword == "" {
		r.AdminPassword = a.password()
	}
	for _, g := range s.Groups {
		if g.Name != "" && !slices.Contains(r.SecurityGroups, g.Name) {
			r.SecurityGroups = append(r.SecurityGroups, g.Name)
		}
	}
	if r.Hints, err = hints(in); err != nil {
		return r, err
	}
	if err := counts(&r, s); err != nil {
		return r, err
	}
	if r.ImageID, err = imageOf(s); err != nil {
		return r, err
	}
	if r.NetworkMode, r.Networks, err = networks(s.Networks); err != nil {
		return r, err
	}
	if len(s.Personality) > 0 {
		return r, bad("Files cannot be put into servers; use user_data.")
	}
	return r, a.authorizeCreate(c, r)
}

// authorizeCreate asks the rules for a named host, networks and certificates.
func (a *API) authorizeCreate(c *rest.Call, r manager.CreateRequest) error {
	rule := func(name string, when bool) error {
		if !when {
			return nil
		}
		return c.AuthorizeRule(name, c.Mine())
	}
	forced := strings.Contains(r.AvailabilityZone, ":")
	if err := rule("os_compute_api:servers:create:trusted_certs", len(r.TrustedCertificates) > 0); err != nil {
		return err
	}
	if err := rule("os_compute_api:servers:create:forced_host", forced); err != nil {
		return err
	}
	if err := rule("compute:servers:create:requested_destination", r.Host != "" || r.Node != ""); err != nil {
		return err
	}
	if forced && (r.Host != "" || r.Node != "") {
		return bad("One mechanism with host and/or hypervisor_hostname and another mechanism with zone:host:node are mutually exclusive.")
	}
	return rule("os_compute_api:servers:create:attach_network", r.NetworkMode == nova.NetworksAuto || len(r.Networks) > 0)
}

// counts reads how many servers are wanted.
func counts(r *manager.CreateRequest, s newServer) error {
	if s.MinCount != nil {
		r.Min = int(*s.MinCount)
	}
	r.Max = r.Min
	if s.MaxCount != nil {
		r.Max = int(*s.MaxCount)
	}
	if r.Min > r.Max {
		return bad("min_count must be <= max_count")
	}
	if r.Max > 1 && r.Hostname != "" {
		return bad("Unable to allocate a single hostname to multiple instances")
	}
	return nil
}

// imageOf finds the image to boot from, by name or as the one local device mapped from an image; there are no volumes.
func imageOf(s newServer) (string, error) {
	image := s.ImageRef
	if len(s.OldDevices) > 0 && len(s.Devices) > 0 {
		return "", bad("Using different block_device_mapping syntaxes is not allowed in the same request.")
	}
	if len(s.OldDevices) > 0 {
		return "", bad("Block Device Mapping is Invalid: servers cannot boot from volumes here.")
	}
	for _, d := range s.Devices {
		if d.SourceType != "image" || d.DestinationType != "" && d.DestinationType != "local" {
			return "", bad("Block Device Mapping is Invalid: only an image may be mapped, to a local disk.")
		}
		id := d.UUID + d.ImageID
		if d.BootIndex == nil || *d.BootIndex != "0" || image != "" && image != id {
			return "", bad("Block Device Mapping is Invalid: Boot sequence for the instance and image/block device mapping combination is not valid.")
		}
		image = id
	}
	if image == "" {
		return "", bad("Missing imageRef attribute")
	}
	return lastSegment(image), nil
}

// networks reads "auto", "none" or a list; as servers.py, _get_requested_networks.
func networks(raw json.RawMessage) (mode string, list []nova.RequestedNetwork, err error) {
	if len(raw) == 0 {
		return nova.NetworksNamed, nil, nil
	}
	if raw[0] == '"' {
		return strings.Trim(string(raw), `"`), nil, nil
	}
	var items []struct {
		UUID    *string `json:"uuid"`
		Port    *string `json:"port"`
		FixedIP *string `json:"fixed_ip"`
		Tag     string  `json:"tag"`
	}
	if json.Unmarshal(raw, &items) != nil {
		return "", nil, bad("Bad networks format")
	}
	seen := map[string]bool{}
	for _, item := range items {
		n := nova.RequestedNetwork{Tag: item.Tag}
		switch {
		case item.Port != nil && seen[*item.Port]:
			return "", nil, bad("Port ID '%s' was specified twice: you cannot attach a port multiple times.", *item.Port)
		case item.Port != nil && item.FixedIP != nil:
			return "", nil, bad("Specified Fixed IP '%s' cannot be used with port '%s': the two cannot be specified together.", *item.FixedIP, *item.Port)
		case item.Port != nil:
			n.PortID, seen[*item.Port] = *item.Port, true
		case item.UUID == nil:
			return "", nil, bad("Bad network format: missing 'uuid'")
		case !isUUID(*item.UUID):
			return "", nil, bad("Bad networks format: network uuid is not in proper format (%s)", *item.UUID)
		default:
			n.NetworkID = *item.UUID
			if item.FixedIP != nil {
				n.FixedIP = *item.FixedIP
			}
		}
		list = append(list, n)
	}
	return nova.NetworksNamed, list, nil
}

// hints reads what the scheduler shall mind, each a value or a list of values.
func hints(in createServerBody) (map[string][]string, error) {
	given := in.Hints
	if given == nil {
		given = in.OldHints
	}
	all := map[string][]string{}
	for name, raw := range given {
		var list []string
		var one text
		switch {
		case json.Unmarshal(raw, &list) == nil:
			all[name] = list
		case json.Unmarshal(raw, &one) == nil:
			all[name] = []string{string(one)}
		default:
			return nil, bad("Invalid input for field/attribute %s.", name)
		}
	}
	return all, nil
}

// password makes a server's first password; as nova/utils.py, generate_password.
func (a *API) password() string {
	if a.NewPassword != nil {
		return a.NewPassword()
	}
	const symbols = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
	b := make([]byte, 12)
	for i := range b {
		n, err := rand.Int(rand.Reader, big.NewInt(int64(len(symbols))))
		if err != nil {
			panic(err) // crypto/rand never fails on a machine that works
		}
		b[i] = symbols[n.Int64()]
	}
	return string(b)
}
