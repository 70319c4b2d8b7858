package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"strings"

	"github.com/gophercloud/gophercloud/v2"
	"github.com/gophercloud/gophercloud/v2/openstack"
	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/servers"
)

type sshCommand struct {
	User    string   `short:"l" default:"root" help:"Whom to log in as."`
	Key     string   `short:"i" type:"path" help:"The private key; the demo's by default."`
	Server  string   `arg:"" help:"A server's name or id, or an address."`
	Command []string `arg:"" optional:"" passthrough:"" help:"What to run there."`
}

// Run hands over to OpenSSH, with a ProxyCommand that leads into the cloud's network.
func (s sshCommand) Run(ctx context.Context, c *commands) error {
	d := dataDir(c.Data)
	address, err := s.address(ctx, d)
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	proxy := quote(self) + " --data " + quote(c.Data)
	if c.Config != "" {
		proxy += " --config " + quote(c.Config)
	}
	key := s.Key
	if key == "" {
		key = d.demoKey()
	}
	args := []string{
		"-o", "IdentityFile=" + sshPath(key), "-o", "IdentitiesOnly=yes", "-o", "StrictHostKeyChecking=accept-new",
		"-o", "UserKnownHostsFile=" + sshPath(d.path("known_hosts")), "-o", "LogLevel=ERROR", "-o", "ConnectTimeout=30",
		"-o", "ProxyCommand=" + strings.ReplaceAll(proxy, "%", "%%") + " nc %h %p",
		"-l", s.User, address,
	}
	ssh := exec.CommandContext(ctx, "ssh", append(args, s.Command...)...)
	ssh.Stdin, ssh.Stdout, ssh.Stderr = os.Stdin, os.Stdout, os.Stderr
	err = ssh.Run()
	if errors.Is(err, exec.ErrNotFound) {
		return errors.New("the program ssh is missing: apt-get install openssh-client")
	}
	var ended *exec.ExitError
	if errors.As(err, &ended) {
		return exitStatus(ended.ExitCode())
	}
	return err
}

// quote makes one word of s for the shell that runs ssh's ProxyCommand.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// sshPath writes a path as one of ssh's options takes it, as ssh_config(5): what is quoted is one word, a percent sign begins a token.
func sshPath(path string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, `%`, `%%`).Replace(path) + `"`
}

// address finds where to log in: the server's floating address.
func (s sshCommand) address(ctx context.Context, d dataDir) (string, error) {
	if a, err := netip.ParseAddr(s.Server); err == nil {
		return a.String(), nil
	}
	compute, err := operatorCompute(ctx, d)
	if err != nil {
		return "", err
	}
	server, err := findServer(ctx, compute, s.Server)
	if err != nil {
		return "", err
	}
	for _, addresses := range server.Addresses {
		list, _ := addresses.([]any)
		for _, entry := range list {
			a, _ := entry.(map[string]any)
			if a["OS-EXT-IPS:type"] == "floating" {
				return fmt.Sprint(a["addr"]), nil
			}
		}
	}
	return "", fmt.Errorf("server %q has no floating address: give it one with `openstack server add floating ip %s ADDRESS`", s.Server, s.Server)
}

// findServer finds a server by id or name, in every project.
func findServer(ctx context.Context, compute *gophercloud.ServiceClient, name string) (*servers.Server, error) {
	if server, err := servers.Get(ctx, compute, name).Extract(); err == nil {
		return server, nil
	}
	pages, err := servers.List(compute, servers.ListOpts{Name: "^" + regexpQuote(name) + "$", AllTenants: true}).AllPages(ctx)
	if err != nil {
		return nil, fmt.Errorf("ask nova for server %q: %w", name, err)
	}
	found, err := servers.ExtractServers(pages)
	if err != nil {
		return nil, err
	}
	switch len(found) {
	case 0:
		return nil, fmt.Errorf("there is no server %q: see `openstack server list`", name)
	case 1:
		return &found[0], nil
	}
	return nil, fmt.Errorf("%d servers are named %q: name one by its id", len(found), name)
}

// regexpQuote escapes what nova's name filter, a regular expression, would read.
func regexpQuote(s string) string {
	var b strings.Builder
	for _, r := range s {
		if strings.ContainsRune(`\.+*?()|[]{}^$`, r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// operatorCompute is compute for the administrator of the cloud in d.
func operatorCompute(ctx context.Context, d dataDir) (*gophercloud.ServiceClient, error) {
	o, err := signIn(ctx, d)
	if err != nil {
		return nil, err
	}
	return openstack.NewComputeV2(o.provider, gophercloud.EndpointOpts{Region: o.region})
}
