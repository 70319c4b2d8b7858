package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"strings"

	"cumulet/glance"
	"cumulet/keystone"
	"cumulet/neutron"
	"cumulet/nova"
	"cumulet/oslo/config"
)

// Config is the whole configuration: what concerns the process, and a section for each service.
type Config struct {
	Listen   string     `conf:"listen" doc:"address and port of the gateway that serves all APIs"`
	URL      string     `conf:"url" doc:"how callers reach the gateway; http:// and listen when empty"`
	Region   string     `conf:"region" doc:"name of the region in the catalog"`
	Host     string     `conf:"host" doc:"this host's name in the cloud; the machine's when empty"`
	TunnelIP netip.Addr `conf:"tunnel_ip" doc:"this host's end of the tunnels between hosts"`
	Drivers  string     `conf:"drivers" doc:"real, or fake: no hypervisor and no wires, for trials of the APIs and of scale"`

	Log      LogConfig       `conf:"log" doc:"what is written to the log"`
	External ExternalConfig  `conf:"external" doc:"the network that floating addresses come from"`
	Keystone keystone.Config `conf:"keystone" doc:"identity"`
	Glance   glance.Config   `conf:"glance" doc:"images"`
	Nova     nova.Config     `conf:"nova" doc:"compute"`
	Neutron  neutron.Config  `conf:"neutron" doc:"network"`
}

// LogConfig is the section log.
type LogConfig struct {
	Level  string `conf:"level" doc:"debug, info, warn or error"`
	Format string `conf:"format" doc:"text or json"`
}

// ExternalConfig is the section external: how the cloud meets the outside.
type ExternalConfig struct {
	Physical  string     `conf:"physical_network" doc:"its name as neutron's provider:physical_network"`
	CIDR      string     `conf:"cidr" doc:"its addresses"`
	Gateway   netip.Addr `conf:"gateway" doc:"the outside's router; held by this host where no real network is joined"`
	First     netip.Addr `conf:"first" doc:"first floating address"`
	Last      netip.Addr `conf:"last" doc:"last floating address"`
	Bridge    string     `conf:"external_bridge" doc:"a bridge of this machine that the network is joined to"`
	Interface string     `conf:"external_interface" doc:"an interface of this machine that the network is joined to; it must have no other use"`
}

// The values of Drivers.
const (
	realDrivers = "real"
	fakeDrivers = "fake"
)

// defaultConfig is the configuration when nothing is said.
func defaultConfig() Config {
	return Config{
		Listen: "127.0.0.1:8780", Region: "RegionOne", Drivers: realDrivers, TunnelIP: netip.MustParseAddr("127.0.0.1"),
		Log: LogConfig{Level: "info", Format: "text"},
		External: ExternalConfig{
			Physical: "public", CIDR: "172.24.4.0/24", Gateway: netip.MustParseAddr("172.24.4.1"),
			First: netip.MustParseAddr("172.24.4.10"), Last: netip.MustParseAddr("172.24.4.250"),
		},
		Keystone: keystone.DefaultConfig(), Glance: glance.DefaultConfig(), Nova: nova.DefaultConfig(), Neutron: neutron.DefaultConfig(),
	}
}

// Check refuses what makes no sense together.
func (c *Config) Check() error {
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	if c.Drivers != realDrivers && c.Drivers != fakeDrivers {
		return fmt.Errorf("drivers: %q is neither real nor fake", c.Drivers)
	}
	return nil
}

// Check refuses an external network that cannot be.
func (c *ExternalConfig) Check() error {
	cidr, err := netip.ParsePrefix(c.CIDR)
	if err != nil {
		return fmt.Errorf("cidr: %w", err)
	}
	for name, a := range map[string]netip.Addr{"gateway": c.Gateway, "first": c.First, "last": c.Last} {
		if !cidr.Contains(a) {
			return fmt.Errorf("%s: %s is not in %s", name, a, cidr)
		}
	}
	if c.Last.Less(c.First) {
		return errors.New("last: lies before first")
	}
	if c.Bridge != "" && c.Interface != "" {
		return errors.New("external_bridge and external_interface: name one of them")
	}
	return nil
}

// loadConfig reads the configuration of a cloud: the file that was named, else the one in its data folder, if any.
func loadConfig(c *commands) (Config, error) {
	file := c.Config
	if file == "" {
		file = dataDir(c.Data).path("cumulet.yaml")
		if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
			file = ""
		}
	}
	made := defaultConfig()
	if err := config.Load(&made, file, os.Environ()); err != nil {
		return made, fmt.Errorf("the configuration is refused:\n%w", err)
	}
	if made.URL == "" {
		made.URL = "http://" + made.Listen
	}
	made.URL = strings.TrimSuffix(made.URL, "/")
	if made.Host == "" {
		made.Host = hostName()
	}
	return made, nil
}

// hostName is the machine's name, without its domain.
func hostName() string {
	name, err := os.Hostname()
	if err != nil || name == "" {
		return "localhost"
	}
	short, _, _ := strings.Cut(name, ".")
	return short
}

type configCommand struct {
	Options bool `help:"List every option with its default instead."`
}

// Run prints the configuration in force as a file, secrets redacted.
func (s configCommand) Run(c *commands) error {
	if s.Options {
		made := defaultConfig()
		for _, o := range config.Describe(&made) {
			fmt.Printf("%-50s %-12s %-24s %s\n", o.Key, o.Type, o.Default, o.Doc)
		}
		return nil
	}
	made, err := loadConfig(c)
	if err != nil {
		return err
	}
	return config.Print(os.Stdout, &made)
}
