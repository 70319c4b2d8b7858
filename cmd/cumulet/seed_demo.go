package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/gophercloud/gophercloud/v2"
	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/keypairs"
	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/servers"
	"github.com/gophercloud/gophercloud/v2/openstack/image/v2/images"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/layer3/floatingips"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/layer3/routers"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/security/groups"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/security/rules"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/networks"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/ports"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/subnets"
	"golang.org/x/crypto/ssh"
)

// The demo's names.
const (
	demoServer = "hello"
	demoKey    = "demo"
	privateNet = "10.0.0.0/24"
)

func (s *seed) makePrivate(ctx context.Context) error {
	network, err := findNetwork(ctx, s.demoNetwork, "private")
	if err != nil {
		return err
	}
	if network == nil {
		if network, err = networks.Create(ctx, s.demoNetwork, networks.CreateOpts{Name: "private"}).Extract(); err != nil {
			return err
		}
	}
	var subnet string
	if len(network.Subnets) > 0 {
		subnet = network.Subnets[0]
	} else {
		made, err := subnets.Create(ctx, s.demoNetwork, subnets.CreateOpts{
			NetworkID: network.ID, Name: "private-subnet", IPVersion: gophercloud.IPv4, CIDR: privateNet,
		}).Extract()
		if err != nil {
			return err
		}
		subnet = made.ID
	}
	return s.makeRouter(ctx, subnet)
}

// makeRouter joins the demo's subnet with the external network.
func (s *seed) makeRouter(ctx context.Context, subnet string) error {
	pages, err := routers.List(s.demoNetwork, routers.ListOpts{Name: "router"}).AllPages(ctx)
	if err != nil {
		return err
	}
	found, err := routers.ExtractRouters(pages)
	if err != nil {
		return err
	}
	if len(found) == 0 {
		public, err := findNetwork(ctx, s.network, "public")
		if err != nil {
			return err
		}
		router, err := routers.Create(ctx, s.demoNetwork, routers.CreateOpts{
			Name: "router", GatewayInfo: &routers.GatewayInfo{NetworkID: public.ID},
		}).Extract()
		if err != nil {
			return err
		}
		found = append(found, *router)
	}
	_, err = routers.AddInterface(ctx, s.demoNetwork, found[0].ID, routers.AddInterfaceOpts{SubnetID: subnet}).Extract()
	if gophercloud.ResponseCodeIs(err, 400) || gophercloud.ResponseCodeIs(err, 409) {
		return s.attached(ctx, found[0].ID, subnet, err)
	}
	return err
}

// attached forgives a refused AddInterface when the router has the subnet already.
func (s *seed) attached(ctx context.Context, router, subnet string, refusal error) error {
	pages, err := ports.List(s.demoNetwork, ports.ListOpts{DeviceID: router}).AllPages(ctx)
	if err != nil {
		return err
	}
	found, err := ports.ExtractPorts(pages)
	if err != nil {
		return err
	}
	for _, port := range found {
		for _, ip := range port.FixedIPs {
			if ip.SubnetID == subnet {
				return nil
			}
		}
	}
	return refusal
}

// makeRules lets SSH and ping in to the demo's default group.
func (s *seed) makeRules(ctx context.Context) error {
	pages, err := groups.List(s.demoNetwork, groups.ListOpts{Name: "default"}).AllPages(ctx)
	if err != nil {
		return err
	}
	found, err := groups.ExtractGroups(pages)
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return errors.New("the demo's project has no default security group")
	}
	for _, rule := range []rules.CreateOpts{
		{Direction: rules.DirIngress, EtherType: rules.EtherType4, Protocol: rules.ProtocolTCP, PortRangeMin: 22, PortRangeMax: 22},
		{Direction: rules.DirIngress, EtherType: rules.EtherType4, Protocol: rules.ProtocolICMP},
	} {
		rule.SecGroupID = found[0].ID
		if _, err := rules.Create(ctx, s.demoNetwork, rule).Extract(); err != nil && !gophercloud.ResponseCodeIs(err, 409) {
			return err
		}
	}
	return nil
}

// makeKeypair has nova make the key; the private half is kept beside clouds.yaml. One whose private half was lost on the
// way is made anew.
func (s *seed) makeKeypair(ctx context.Context) error {
	if err := keypairs.Delete(ctx, s.demoCompute, demoKey, nil).ExtractErr(); err != nil && !gophercloud.ResponseCodeIs(err, 404) {
		return err
	}
	pair, err := keypairs.Create(ctx, s.demoCompute, keypairs.CreateOpts{Name: demoKey}).Extract()
	if err != nil {
		return err
	}
	return replaceFile(s.data.demoKey(), []byte(pair.PrivateKey))
}

// makeServer boots hello and waits until it is ACTIVE. One in ERROR is deleted and tried anew, once.
func (s *seed) makeServer(ctx context.Context) error {
	pages, err := images.List(s.images, images.ListOpts{Name: imageName}).AllPages(ctx)
	if err != nil {
		return err
	}
	found, err := images.ExtractImages(pages)
	if err != nil || len(found) == 0 {
		return errors.Join(err, fmt.Errorf("the image %s is missing", imageName))
	}
	network, err := findNetwork(ctx, s.demoNetwork, "private")
	if err != nil || network == nil {
		return errors.Join(err, errors.New("the network private is missing"))
	}
	server, err := s.helloServer(ctx)
	if err != nil {
		return err
	}
	if server != nil && server.Status == "ERROR" {
		if err := servers.Delete(ctx, s.demoCompute, server.ID).ExtractErr(); err != nil {
			return err
		}
		server = nil
	}
	ctx, cancel := context.WithTimeout(ctx, bootTimeout)
	defer cancel()
	if server == nil {
		if err := s.waitHost(ctx); err != nil {
			return err
		}
		server, err = servers.Create(ctx, s.demoCompute, keypairs.CreateOptsExt{
			KeyName: demoKey,
			CreateOptsBuilder: servers.CreateOpts{
				Name: demoServer, ImageRef: found[0].ID, FlavorRef: "42", Networks: []servers.Network{{UUID: network.ID}},
			},
		}, nil).Extract()
		if err != nil {
			return err
		}
	}
	return s.until(ctx, "the server did not become ACTIVE", func() (bool, error) {
		now, err := servers.Get(ctx, s.demoCompute, server.ID).Extract()
		if err == nil && now.Status == "ERROR" {
			err = fmt.Errorf("the server is in ERROR: %s", now.Fault.Message)
		}
		return err == nil && now.Status == "ACTIVE", err
	})
}

// waitHost waits until a host has reported room for hello.
func (s *seed) waitHost(ctx context.Context) error {
	return s.until(ctx, "no host has reported room for a server", func() (bool, error) {
		var answer struct {
			Requests []any `json:"allocation_requests"`
		}
		_, err := s.placement.Get(ctx, s.placement.ServiceURL("allocation_candidates?resources=VCPU:1,MEMORY_MB:192,DISK_GB:1"), &answer,
			&gophercloud.RequestOpts{MoreHeaders: map[string]string{"OpenStack-API-Version": "placement 1.39"}})
		return len(answer.Requests) > 0, err
	})
}

// until asks again and again until it is so, an error, or too late.
func (s *seed) until(ctx context.Context, otherwise string, ask func() (bool, error)) error {
	turn := time.NewTicker(200 * time.Millisecond)
	defer turn.Stop()
	for {
		done, err := ask()
		if done || err != nil {
			return err
		}
		select {
		case <-turn.C:
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.Canceled) {
				return ctx.Err() // told to stop
			}
			return fmt.Errorf("%s within %s", otherwise, bootTimeout)
		}
	}
}

// helloServer gives the demo's server, or nil.
func (s *seed) helloServer(ctx context.Context) (*servers.Server, error) {
	pages, err := servers.List(s.demoCompute, servers.ListOpts{Name: "^" + demoServer + "$"}).AllPages(ctx)
	if err != nil {
		return nil, err
	}
	found, err := servers.ExtractServers(pages)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return &found[0], nil
}

// makeAddress gives hello's port a floating address.
func (s *seed) makeAddress(ctx context.Context) error {
	port, err := s.helloPort(ctx)
	if err != nil {
		return err
	}
	if address, err := s.helloAddress(ctx, port); err != nil || address != "" {
		return err
	}
	public, err := findNetwork(ctx, s.network, "public")
	if err != nil {
		return err
	}
	_, err = floatingips.Create(ctx, s.demoNetwork, floatingips.CreateOpts{FloatingNetworkID: public.ID, PortID: port}).Extract()
	return err
}

func (s *seed) helloPort(ctx context.Context) (string, error) {
	server, err := s.helloServer(ctx)
	if err != nil || server == nil {
		return "", errors.Join(err, errors.New("the server hello is missing"))
	}
	pages, err := ports.List(s.demoNetwork, ports.ListOpts{DeviceID: server.ID}).AllPages(ctx)
	if err != nil {
		return "", err
	}
	found, err := ports.ExtractPorts(pages)
	if err != nil || len(found) == 0 {
		return "", errors.Join(err, errors.New("the server hello has no port"))
	}
	return found[0].ID, nil
}

func (s *seed) helloAddress(ctx context.Context, port string) (string, error) {
	pages, err := floatingips.List(s.demoNetwork, floatingips.ListOpts{PortID: port}).AllPages(ctx)
	if err != nil {
		return "", err
	}
	found, err := floatingips.ExtractFloatingIPs(pages)
	if err != nil || len(found) == 0 {
		return "", err
	}
	return found[0].FloatingIP, nil
}

// waitLogin waits until hello lets in who has the demo's key.
func (s *seed) waitLogin(ctx context.Context) error {
	if s.dialOutside == nil {
		return nil
	}
	port, err := s.helloPort(ctx)
	if err != nil {
		return err
	}
	address, err := s.helloAddress(ctx, port)
	if err != nil {
		return err
	}
	private, err := os.ReadFile(s.data.demoKey())
	if err != nil {
		return err
	}
	key, err := ssh.ParsePrivateKey(private)
	if err != nil {
		return fmt.Errorf("%s: %w", s.data.demoKey(), err)
	}
	ctx, cancel := context.WithTimeout(ctx, bootTimeout)
	defer cancel()
	return s.until(ctx, "no login by SSH on "+address+" (see `openstack console log show hello`)", func() (bool, error) {
		return s.letsIn(ctx, net.JoinHostPort(address, "22"), key), nil
	})
}

// tryTimeout bounds one try to log in.
const tryTimeout = 5 * time.Second

// letsIn tells whether the guest at address takes the key. That it is the right guest is not asked: it was made just now, and
// nothing is told to it.
func (s *seed) letsIn(ctx context.Context, address string, key ssh.Signer) bool {
	ctx, cancel := context.WithTimeout(ctx, tryTimeout)
	defer cancel()
	conn, err := s.dialOutside(ctx, address)
	if err != nil {
		return false
	}
	defer conn.Close()
	deadline, _ := ctx.Deadline()
	if conn.SetDeadline(deadline) != nil {
		return false
	}
	_, _, _, err = ssh.NewClientConn(conn, address, &ssh.ClientConfig{
		User: "root", Auth: []ssh.AuthMethod{ssh.PublicKeys(key)}, HostKeyCallback: ssh.InsecureIgnoreHostKey(),
	})
	return err == nil
}
