package main

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"cumulet/glance"
	"cumulet/keystone"
	"cumulet/neutron"
	"cumulet/nova"
	"cumulet/oslo/config"
)

// Config is the whole configuration: what concerns the process, and a section for each service.
type Config struct {
	Listen   string       `conf:"listen" doc:"address and port of the gateway that serves all APIs"`
	URL      string       `conf:"url" doc:"how callers reach the gateway; http:// and listen when empty"`
	Region   string       `conf:"region" doc:"name of the region in the catalog"`
	Host     string       `conf:"host" doc:"this host's name in the cloud; the machine's when empty"`
	TunnelIP netip.Addr   `conf:"tunnel_ip" doc:"this host's end of the tunnels between hosts"`
	Hosts    int          `conf:"hosts" doc:"how many hypervisor hosts this machine stands for, each in a network namespace of its own; 0 is as many as at the last start, one at the first"`
	Underlay netip.Prefix `conf:"underlay" doc:"addresses of the wire that joins the hosts of this machine, within namespaces"`
	Drivers  string       `conf:"drivers" doc:"real, or fake: no hypervisor and no wires, for trials of the APIs and of scale"`

	DrainTimeout time.Duration     `conf:"drain_timeout" doc:"how long requests under way get to end when the cloud stops, 5m at most"`
	Patience     time.Duration     `conf:"patience" doc:"how long a caller may take to receive 256 KiB of an answer"`
	FakeHosts    int               `conf:"fake_hosts" doc:"how many hosts there are, with fake drivers"`
	KeepHistory  time.Duration     `conf:"keep_history" doc:"how long events and ended operations are kept; 0 is for ever"`
	PolicyFiles  map[string]string `conf:"policy_files" doc:"policy.yaml files over the default rules, by the service's name"`

	Database    config.Secret            `conf:"database" doc:"address of the databases, {service} standing for the service's name; SQLite files in the data folder when empty"`
	Databases   map[string]config.Secret `conf:"databases" doc:"addresses of single services' databases, by the service's name; they go before database"`
	Bus         config.Secret            `conf:"bus" doc:"address of the message bus: memory, which ends at the process, nats://… or amqp://…"`
	Roles       []string                 `conf:"roles" doc:"the roles that cumulet run runs when its command line names none"`
	SecretsFile string                   `conf:"secrets_file" doc:"the passwords of the cloud's own accounts, the same file on every host, made by keystone's; secrets.yaml in the data folder when empty"`
	Backends    map[string][]string      `conf:"backends" doc:"addresses (http://host:port) of the processes that serve an API, by its first part of the path; the role gateway hands requests on to them"`

	Telemetry TelemetryConfig `conf:"telemetry" doc:"what is kept and told of each request"`

	Log      LogConfig      `conf:"log" doc:"what is written to the log"`
	External ExternalConfig `conf:"external" doc:"the network that floating addresses come from"`
	// Notifications are for all services; each has options of its own beside.
	Notifications NotificationsConfig `conf:"notifications" doc:"what is told on the message bus of what happens"`

	Keystone keystone.Config `conf:"keystone" doc:"identity"`
	Glance   GlanceConfig    `conf:"glance" doc:"images"`
	Nova     nova.Config     `conf:"nova" doc:"compute"`
	Neutron  neutron.Config  `conf:"neutron" doc:"network"`
}

// LogConfig is the section log.
type LogConfig struct {
	Level  string `conf:"level" doc:"debug, info, warn or error"`
	Format string `conf:"format" doc:"text or json"`
	// The two bound the log of a cloud in the background; who runs one in the foreground keeps what it writes.
	MaxSize config.Size `conf:"max_size" doc:"size at which the log is set aside and a new one begun; 0 is never"`
	Keep    int         `conf:"keep" doc:"how many logs that were set aside are kept"`
}

// ExternalConfig is the section external: how the cloud meets the outside.
type ExternalConfig struct {
	Physical  string     `conf:"physical_network" doc:"its name as neutron's provider:physical_network; a hypervisor that it does not reach has it empty"`
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
		Listen: "127.0.0.1:8780", Bus: "memory", Region: "RegionOne", Drivers: realDrivers, FakeHosts: 1, TunnelIP: netip.MustParseAddr("127.0.0.1"), Underlay: netip.MustParsePrefix("169.254.192.0/20"),
		DrainTimeout: 20 * time.Second, Patience: time.Minute, KeepHistory: 7 * 24 * time.Hour,
		Log: LogConfig{Level: "info", Format: "text", MaxSize: 64 << 20, Keep: 3},
		External: ExternalConfig{
			Physical: "public", CIDR: "172.24.4.0/24", Gateway: netip.MustParseAddr("172.24.4.1"),
			First: netip.MustParseAddr("172.24.4.10"), Last: netip.MustParseAddr("172.24.4.250"),
		},
		Telemetry: defaultTelemetry(), Notifications: defaultNotifications(),
		Keystone: keystone.DefaultConfig(), Glance: GlanceConfig{Config: glance.DefaultConfig()}, Nova: nova.DefaultConfig(), Neutron: neutron.DefaultConfig(),
	}
}

// drainTimeoutMost bounds drain_timeout, so that `down` knows how long to wait at most.
const drainTimeoutMost = 5 * time.Minute

// hostForm is what a host may be called: it becomes the name of a namespace, of a folder and of a machine.
var hostForm = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.-]{0,62}[A-Za-z0-9])?$`)

// Check refuses what makes no sense together.
func (c *Config) Check() error {
	if err := c.checkAddresses(); err != nil {
		return err
	}
	for service := range c.PolicyFiles {
		if !slices.Contains(rowKeepers(), service) {
			return fmt.Errorf("policy_files: there is no service %q", service)
		}
	}
	if err := c.checkParts(); err != nil {
		return err
	}
	if c.Drivers != realDrivers && c.Drivers != fakeDrivers {
		return fmt.Errorf("drivers: %q is neither real nor fake", c.Drivers)
	}
	if c.Host != "" && !hostForm.MatchString(c.Host) {
		return fmt.Errorf("host: %q is no host name: letters, digits, dots and dashes, 64 at most", c.Host)
	}
	if err := c.checkHosts(); err != nil {
		return err
	}
	if c.DrainTimeout < 0 || c.DrainTimeout > drainTimeoutMost {
		return fmt.Errorf("drain_timeout: %s is not between 0 and %s", c.DrainTimeout, drainTimeoutMost)
	}
	if c.KeepHistory < 0 || c.KeepHistory > 0 && c.KeepHistory < time.Hour {
		return fmt.Errorf("keep_history: %s is neither 0 nor an hour at least", c.KeepHistory)
	}
	return nil
}

// rowKeepers are the services that have a database.
func rowKeepers() []string { return []string{"keystone", "glance", "placement", "nova", "neutron"} }

// serviceInAddress stands for a service's name in the option database.
const serviceInAddress = "{service}"

// checkParts refuses databases and backends that cannot be; no error repeats an address, which may hold a password.
func (c *Config) checkParts() error {
	if c.Database != "" && !strings.Contains(c.Database.Reveal(), serviceInAddress) {
		return fmt.Errorf("database: write %s where the service's name goes: each service has a database of its own", serviceInAddress)
	}
	for service := range c.Databases {
		if !slices.Contains(rowKeepers(), service) {
			return fmt.Errorf("databases: there is no service %q; there are: %s", service, strings.Join(rowKeepers(), ", "))
		}
	}
	for prefix, addresses := range c.Backends {
		if !slices.Contains(prefixes(), prefix) {
			return fmt.Errorf("backends: no API has the path /%s; there are: %s", prefix, strings.Join(prefixes(), ", "))
		}
		for _, address := range addresses {
			if _, err := backendHost(address); err != nil {
				return fmt.Errorf("backends: %s: %w", prefix, err)
			}
		}
	}
	return nil
}

// checkAddresses refuses a listen and a url by which callers could not come.
func (c *Config) checkAddresses() error {
	host, port, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return fmt.Errorf("listen: %q is no port between 1 and 65535", port)
	}
	if c.URL == "" {
		if a, err := netip.ParseAddr(host); host == "" || err == nil && a.IsUnspecified() {
			return fmt.Errorf("url: say how callers reach the cloud (such as http://%s), since listen: %q names no address of its own", net.JoinHostPort("cloud.example.org", port), c.Listen)
		}
		return nil
	}
	if u, err := url.Parse(c.URL); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.User != nil {
		return fmt.Errorf("url: %q is no address such as http://cloud.example.org:8780", c.URL)
	}
	return nil
}

// Check refuses a log that cannot be.
func (c *LogConfig) Check() error {
	var level slog.Level
	if level.UnmarshalText([]byte(c.Level)) != nil {
		return fmt.Errorf("level: %q is none of debug, info, warn, error", c.Level)
	}
	if c.Format != "text" && c.Format != "json" {
		return fmt.Errorf("format: %q is neither text nor json", c.Format)
	}
	if c.MaxSize < 0 || c.Keep < 0 || c.Keep > 1000 {
		return errors.New("max_size, keep: must not be negative, nor keep above 1000")
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

// real tells whether the network is one of the machine's, and not within namespaces.
func (c ExternalConfig) real() bool { return c.Bridge != "" || c.Interface != "" }

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
	known := dataDir(c.Data).knownHosts()
	if made.Host == "" && len(known) > 0 {
		made.Host = known[0]
	}
	if made.Hosts == 0 {
		made.Hosts = 1
		if len(known) > 0 && known[0] == made.Host {
			made.Hosts = len(known)
		}
	}
	if made.Host == "" {
		machine, err := os.Hostname()
		if err != nil {
			return made, fmt.Errorf("this machine tells no name (the option host can give one): %w", err)
		}
		made.Host = hostName(machine)
	}
	return made, nil
}

// hostName makes a host's name of the machine's, which need not be a proper one: without its domain, and with dashes for what
// a name may not hold.
func hostName(machine string) string {
	short, _, _ := strings.Cut(machine, ".")
	name := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, short)
	name = strings.Trim(name[:min(len(name), 63)], "-")
	if name == "" {
		return "localhost"
	}
	return name
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
