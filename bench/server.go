package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// serversMade is how many servers are made for the lists.
const serversMade = 1000

// serversOfMany is how many are made where hosts are many.
const serversOfMany = 200

// makeNetwork lifts the project's quotas and makes a network that is large enough.
func (c *cloud) makeNetwork(ctx context.Context) (network, subnet string, err error) {
	var token struct {
		Token struct{ Project struct{ ID string } }
	}
	if _, err := c.ask(ctx, "GET", "/identity/v3/auth/tokens", nil, &token); err != nil {
		return "", "", err
	}
	unlimited := map[string]any{"network": -1, "port": -1, "subnet": -1}
	if _, err := c.ask(ctx, "PUT", "/network/v2.0/quotas/"+token.Token.Project.ID, map[string]any{"quota": unlimited}, nil); err != nil {
		return "", "", err
	}
	compute := map[string]any{"instances": -1, "cores": -1, "ram": -1}
	if _, err := c.ask(ctx, "PUT", "/compute/v2.1/os-quota-sets/"+token.Token.Project.ID, map[string]any{"quota_set": compute}, nil); err != nil {
		return "", "", err
	}
	var n struct{ Network struct{ ID string } }
	if _, err := c.ask(ctx, "POST", "/network/v2.0/networks", map[string]any{"network": map[string]any{"name": "bench"}}, &n); err != nil {
		return "", "", err
	}
	var s struct{ Subnet struct{ ID string } }
	_, err = c.ask(ctx, "POST", "/network/v2.0/subnets", map[string]any{"subnet": map[string]any{
		"network_id": n.Network.ID, "cidr": "10.0.0.0/12", "ip_version": 4, "enable_dhcp": false}}, &s)
	return n.Network.ID, s.Subnet.ID, err
}

// image makes an image of a few bytes.
func (c *cloud) image(ctx context.Context) (string, error) {
	var image struct{ ID string }
	_, err := c.ask(ctx, "POST", "/image/v2/images", map[string]any{"name": "bench", "disk_format": "raw", "container_format": "bare"}, &image)
	if err != nil {
		return "", err
	}
	_, err = c.upload(ctx, "/image/v2/images/"+image.ID+"/file", []byte("bench"))
	return image.ID, err
}

// servers makes servers and waits until all are ACTIVE.
func (c *cloud) servers(ctx context.Context, network string, count int) (row, error) {
	say("measuring servers to ACTIVE, %d hosts", c.hosts)
	image, err := c.image(ctx)
	if err != nil {
		return row{}, err
	}
	before, err := c.cpu()
	if err != nil {
		return row{}, err
	}
	began := time.Now()
	const batch = 20
	for made := 0; made < count; made += batch {
		_, err := c.ask(ctx, "POST", "/compute/v2.1/servers", map[string]any{"server": map[string]any{
			"name": "bench", "imageRef": image, "flavorRef": "42", "min_count": batch, "max_count": batch,
			"networks": []any{map[string]any{"uuid": network}}}}, nil)
		if err != nil {
			return row{}, err
		}
	}
	if err := c.allActive(ctx); err != nil {
		return row{}, err
	}
	took := time.Since(began)
	after, err := c.cpu()
	return row{
		name: fmt.Sprintf("server to ACTIVE, %d fake hosts", c.hosts), clients: 1, perSecond: float64(count) / took.Seconds(),
		cpu: (after - before) / time.Duration(count), reference: "0.62/s, 2,850-3,300 ms CPU", target: "100/s, 10 ms CPU",
	}, err
}

// allActive waits until no server is being built any more, and none failed.
func (c *cloud) allActive(ctx context.Context) error {
	turn := time.NewTicker(200 * time.Millisecond)
	defer turn.Stop()
	for {
		for _, status := range []string{"ERROR", "BUILD"} {
			var list struct{ Servers []struct{ ID string } }
			if _, err := c.ask(ctx, "GET", "/compute/v2.1/servers?limit=1&status="+status, nil, &list); err != nil {
				return err
			}
			if len(list.Servers) == 0 && status == "BUILD" {
				return nil
			}
			if len(list.Servers) > 0 && status == "ERROR" {
				return errors.New("a server is in ERROR")
			}
		}
		select {
		case <-turn.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
