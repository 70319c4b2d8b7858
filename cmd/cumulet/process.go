package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/gophercloud/gophercloud/v2"
	"github.com/gophercloud/gophercloud/v2/openstack"

	"cumulet/oslo/db"
	"cumulet/oslo/limit"
	"cumulet/oslo/messaging"
	"cumulet/oslo/messaging/transport"
	"cumulet/oslo/policy"
	"cumulet/oslo/service"
	"cumulet/oslo/telemetry"
)

// process is what the roles of one process share.
type process struct {
	data      dataDir
	config    Config
	secrets   secrets
	log       *slog.Logger
	telemetry telemetry.Telemetry
	bus       *messaging.Bus
	gateway   *gateway
	group     *service.Group

	services servicesBuilt // each service's parts, made when the first role asks for them
	built    []service.Role
	open     []io.Closer
}

// serviceNames are those who have accounts in the project service.
func serviceNames() []string { return []string{"nova", "neutron", "glance", "placement"} }

// newProcess makes the shared parts; nothing runs yet.
func newProcess(ctx context.Context, d dataDir, config Config, log io.Writer) (*process, error) {
	p := &process{data: d, config: config}
	var level slog.Level
	if err := level.UnmarshalText([]byte(config.Log.Level)); err != nil {
		return nil, fmt.Errorf("log.level: %w", err)
	}
	p.log = telemetry.NewLogger(log, level, config.Log.Format == "json")
	var err error
	if p.secrets, err = readSecrets(cmp.Or(config.SecretsFile, d.secretsFile()), serviceNames()); err != nil {
		return nil, err
	}
	if p.telemetry, err = p.newTelemetry(ctx); err != nil {
		return nil, err
	}
	bus, err := transport.Open(ctx, config.Bus.Reveal(), p.log)
	if err != nil {
		return nil, err
	}
	p.bus = &messaging.Bus{Transport: bus}
	p.group = &service.Group{Log: p.log}
	p.gateway = &gateway{apis: map[string]http.Handler{}, ready: p.group.Ready, metrics: p.telemetry.Metrics, scrapers: config.Telemetry.MetricsFrom, url: config.URL, drainTimeout: config.DrainTimeout, patience: config.Patience}
	p.telemetry.Metrics.Roles(p.group.Ready)
	return p, nil
}

// database is the address of a service's database.
func (p *process) database(name string) string {
	if own := p.config.Databases[name]; own != "" {
		return own.Reveal()
	}
	if all := p.config.Database; all != "" {
		return strings.ReplaceAll(all.Reveal(), serviceInAddress, name)
	}
	return db.SQLiteURL(p.data.database(name))
}

// closes remembers what to close when the process ends.
func (p *process) closes(c io.Closer) { p.open = append(p.open, c) }

// close closes what newProcess and the roles opened.
func (p *process) close() error {
	errs := []error{p.bus.Transport.Close()}
	for _, c := range slices.Backward(p.open) {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}

// client is an HTTP client to the cloud's APIs: those of this process without a socket.
func (p *process) client() http.Client { return http.Client{Transport: p.gateway, Timeout: apiTimeout} }

// apiTimeout bounds one call between services; uploads and downloads stream without it.
const apiTimeout = 2 * time.Minute

// account signs in lazily, when the first call needs a token, and again when one has run out: keystone may start later. Without a
// project it does so to the system.
func (p *process) account(a account) *gophercloud.ProviderClient {
	provider := &gophercloud.ProviderClient{HTTPClient: http.Client{Transport: p.gateway}}
	provider.UseTokenLock()
	provider.SetThrowaway(false)
	provider.ReauthFunc = func(ctx context.Context) error {
		fresh := &gophercloud.ProviderClient{HTTPClient: provider.HTTPClient, IdentityBase: p.config.URL + "/identity/", IdentityEndpoint: p.config.URL + "/identity/v3/"}
		fresh.UseTokenLock()
		options := &gophercloud.AuthOptions{Username: a.Username, Password: a.Password, TenantName: a.Project, DomainName: "Default"}
		if a.Project == "" {
			options.Scope = &gophercloud.AuthScope{System: true}
		}
		err := openstack.AuthenticateV3(ctx, fresh, options, gophercloud.EndpointOpts{})
		if err != nil {
			return err
		}
		provider.CopyTokenFrom(fresh)
		return nil
	}
	return provider
}

// serviceAccount is a service's own account, with the roles admin and service in the project service. All of a process that act
// as it share one token.
func (p *process) serviceAccount(name string) *gophercloud.ProviderClient {
	if p.services.accounts == nil {
		p.services.accounts = map[string]*gophercloud.ProviderClient{}
	}
	if p.services.accounts[name] == nil {
		p.services.accounts[name] = p.account(account{Username: name, Password: p.secrets.ServicePasswords[name], Project: "service"})
	}
	return p.services.accounts[name]
}

// limits are those that keystone keeps of what projects have of a service. A project's token would show its own limits only.
func (p *process) limits(kind, name string) *limit.Keystone {
	reader := p.account(account{Username: name, Password: p.secrets.ServicePasswords[name]})
	return &limit.Keystone{Client: p.identity(reader), ServiceType: kind, ServiceName: name, Region: p.config.Region, Now: time.Now}
}

// policy is a service's rules, with the operator's file over them where one is named, as it is at any time.
func (p *process) policy(service string, rules []policy.Rule) (*policy.Enforcer, error) {
	e, err := policy.New(rules)
	if file := p.config.PolicyFiles[service]; err == nil && file != "" {
		var followed io.Closer
		if followed, err = e.Follow(file, p.log); err == nil {
			p.closes(followed)
		}
	}
	return e, err
}

// endpoint is a client of one API of this cloud; path follows its prefix.
func (p *process) endpoint(provider *gophercloud.ProviderClient, kind, prefix, path string) *gophercloud.ServiceClient {
	return &gophercloud.ServiceClient{
		ProviderClient: provider, Endpoint: p.config.URL + prefix + "/", ResourceBase: p.config.URL + prefix + path, Type: kind,
	}
}

func (p *process) network(of *gophercloud.ProviderClient) *gophercloud.ServiceClient {
	return p.endpoint(of, "network", "/network", "/v2.0/")
}

func (p *process) image(of *gophercloud.ProviderClient) *gophercloud.ServiceClient {
	return p.endpoint(of, "image", "/image", "/v2/")
}

func (p *process) compute(of *gophercloud.ProviderClient) *gophercloud.ServiceClient {
	c := p.endpoint(of, "compute", "/compute", "/v2.1/")
	c.Endpoint = c.ResourceBase
	return c
}

func (p *process) placement(of *gophercloud.ProviderClient) *gophercloud.ServiceClient {
	return p.endpoint(of, "placement", "/placement", "/")
}

func (p *process) identity(of *gophercloud.ProviderClient) *gophercloud.ServiceClient {
	return p.endpoint(of, "identity", "/identity", "/v3/")
}

// newID makes the id of a thing.
func newID() string { return uuid.NewString() }
