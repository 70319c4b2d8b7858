package main

import (
	"context"
	"fmt"
	"os"

	"github.com/gophercloud/gophercloud/v2"
	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/flavors"
	"github.com/gophercloud/gophercloud/v2/openstack/image/v2/imagedata"
	"github.com/gophercloud/gophercloud/v2/openstack/image/v2/images"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/networks"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/subnets"
)

// imageName is the guest's name among the images.
const imageName = "cumulet-guest"

// seedFlavors are the shapes of a new cloud, DevStack's names and ids with a nano that fits the tiny guest.
func seedFlavors() []flavors.CreateOpts {
	gib := func(n int) *int { return &n }
	return []flavors.CreateOpts{
		{ID: "42", Name: "m1.nano", RAM: 192, VCPUs: 1, Disk: gib(1)},
		{ID: "84", Name: "m1.micro", RAM: 256, VCPUs: 1, Disk: gib(1)},
		{ID: "1", Name: "m1.tiny", RAM: 512, VCPUs: 1, Disk: gib(1)},
		{ID: "2", Name: "m1.small", RAM: 2048, VCPUs: 1, Disk: gib(20)},
		{ID: "3", Name: "m1.medium", RAM: 4096, VCPUs: 2, Disk: gib(40)},
		{ID: "4", Name: "m1.large", RAM: 8192, VCPUs: 4, Disk: gib(80)},
	}
}

func (s *seed) makeFlavors(ctx context.Context) error {
	for _, f := range seedFlavors() {
		if _, err := flavors.Create(ctx, s.compute, f).Extract(); err != nil && !gophercloud.ResponseCodeIs(err, 409) {
			return fmt.Errorf("flavor %s: %w", f.Name, err)
		}
	}
	return nil
}

// makeImage registers the guest image; one whose upload broke off is begun anew.
func (s *seed) makeImage(ctx context.Context) error {
	file, err := guestImage(s.image)
	if err != nil {
		return err
	}
	pages, err := images.List(s.images, images.ListOpts{Name: imageName}).AllPages(ctx)
	if err != nil {
		return err
	}
	found, err := images.ExtractImages(pages)
	if err != nil {
		return err
	}
	for _, image := range found {
		if image.Status == images.ImageStatusActive {
			return nil
		}
		if err := images.Delete(ctx, s.images, image.ID).ExtractErr(); err != nil {
			return err
		}
	}
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	public := images.ImageVisibilityPublic
	image, err := images.Create(ctx, s.images, images.CreateOpts{
		Name: imageName, DiskFormat: "qcow2", ContainerFormat: "bare", Visibility: &public, MinRAM: 128,
	}).Extract()
	if err != nil {
		return err
	}
	return imagedata.Upload(ctx, s.images, image.ID, f).ExtractErr()
}

func (s *seed) makePublic(ctx context.Context) error {
	network, err := findNetwork(ctx, s.network, "public")
	if err != nil {
		return err
	}
	if network == nil {
		network, err = networks.Create(ctx, s.network, flatNetwork{"public", s.external.physical}).Extract()
		if err != nil {
			return err
		}
	}
	if len(network.Subnets) > 0 {
		return nil
	}
	no := false
	_, err = subnets.Create(ctx, s.network, subnets.CreateOpts{
		NetworkID: network.ID, Name: "public-subnet", IPVersion: gophercloud.IPv4, CIDR: s.external.cidr,
		GatewayIP: &s.external.gateway, EnableDHCP: &no,
		AllocationPools: []subnets.AllocationPool{{Start: s.external.first, End: s.external.last}},
	}).Extract()
	return err
}

// flatNetwork creates an external network on a physical one.
type flatNetwork struct{ name, physical string }

// ToNetworkCreateMap is the body of the request.
func (n flatNetwork) ToNetworkCreateMap() (map[string]any, error) {
	return map[string]any{"network": map[string]any{
		"name": n.name, "router:external": true, "is_default": true, "provider:network_type": "flat", "provider:physical_network": n.physical,
	}}, nil
}

// findNetwork gives the network of that name, or nil.
func findNetwork(ctx context.Context, c *gophercloud.ServiceClient, name string) (*networks.Network, error) {
	pages, err := networks.List(c, networks.ListOpts{Name: name}).AllPages(ctx)
	if err != nil {
		return nil, err
	}
	found, err := networks.ExtractNetworks(pages)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return &found[0], nil
}
