package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"

	"github.com/gophercloud/gophercloud/v2"
	"golang.org/x/sync/errgroup"

	"cumulet/keystone/middleware"
	"cumulet/neutron/agent/metadata"
	novadb "cumulet/nova/db"
	"cumulet/nova/virt/libvirt/daemon"
	"cumulet/oslo/messaging"
	"cumulet/oslo/service"
)

// role is one line of the role table: a name that operators know, and how it is built of the process's parts. Building it adds
// its API, if it has one, to the gateway.
type role struct {
	name  string
	build func(*process, context.Context) (service.Role, error)
	// calls names the role that it reaches over the bus; onHost tells that it works on the host's network, hypervisor that it
	// makes guests there.
	calls      string
	onHost     bool
	hypervisor bool
}

// roles is the table, in the order of starting: who is asked comes before who asks.
func roles() []role {
	return []role{
		{name: "keystone", build: (*process).keystone},
		{name: "glance-registry", build: (*process).glanceRegistry},
		{name: "glance-api", build: (*process).glanceAPI, calls: "glance-registry"},
		{name: "placement-api", build: (*process).placementAPI},
		{name: "neutron-server", build: (*process).neutronServer},
		{name: "neutron-linuxbridge-agent", build: (*process).linuxbridgeAgent, calls: "neutron-server", onHost: true},
		{name: "neutron-dhcp-agent", build: (*process).dhcpAgent, calls: "neutron-server", onHost: true},
		{name: "neutron-l3-agent", build: (*process).l3Agent, calls: "neutron-server", onHost: true},
		{name: "neutron-metadata-agent", build: (*process).metadataAgent, calls: "neutron-server", onHost: true},
		{name: "nova-conductor", build: (*process).novaConductor, calls: "nova-scheduler"},
		{name: "nova-scheduler", build: (*process).novaScheduler, calls: "nova-conductor"},
		{name: "nova-api", build: (*process).novaAPI, calls: "nova-conductor"},
		{name: "nova-metadata", build: (*process).novaMetadata},
		{name: "nova-compute", build: (*process).novaCompute, calls: "nova-conductor", onHost: true, hypervisor: true},
		{name: "gateway", build: (*process).gatewayRole},
	}
}

// chosen gives the roles of these names, in the table's order; bus is the address of the bus that they have in common.
func chosen(names []string, bus string) ([]role, error) {
	table := roles()
	if len(names) == 0 {
		return nil, errors.New("no role is named: name some, or set the option roles; `cumulet describe roles` lists them")
	}
	for _, name := range names {
		if !slices.ContainsFunc(table, func(r role) bool { return r.name == name }) {
			known := make([]string, len(table))
			for i, r := range table {
				known[i] = r.name
			}
			return nil, fmt.Errorf("there is no role %q; roles are: %s", name, strings.Join(known, ", "))
		}
	}
	table = slices.DeleteFunc(table, func(r role) bool { return !slices.Contains(names, r.name) })
	for _, r := range table {
		if bus == "memory" && r.calls != "" && !slices.Contains(names, r.calls) {
			return nil, fmt.Errorf("%s reaches %s over the bus, and the memory bus ends at this process: name %s as well, or a broker with the option bus", r.name, r.calls, r.calls)
		}
	}
	return table, nil
}

// checkSecrets refuses to make up secrets that are kept elsewhere: a cloud has one set of them.
func checkSecrets(config Config, table []role) error {
	makes := slices.ContainsFunc(table, func(r role) bool { return r.name == "keystone" })
	if config.SecretsFile == "" || makes {
		return nil
	}
	if _, err := os.Stat(config.SecretsFile); err != nil {
		return fmt.Errorf("secrets_file: %w: copy it from the host that runs keystone, which makes it at its first start", err)
	}
	return nil
}

// apiRole is a role that only answers HTTP: the gateway does its work.
func apiRole() service.Role {
	return service.Role{Run: func(ctx context.Context, ready func()) error {
		ready()
		<-ctx.Done()
		return nil
	}}
}

// serveAPI puts an API into the gateway.
func (p *process) serveAPI(prefix string, handler func() (http.Handler, error)) (service.Role, error) {
	h, err := handler()
	if err != nil {
		return service.Role{}, err
	}
	p.gateway.apis[prefix] = h
	return apiRole(), nil
}

// servicesBuilt are parts that several roles of a process share.
type servicesBuilt struct {
	accounts map[string]*gophercloud.ProviderClient
	metadata *metadata.Agent
	// hypervisors are the daemons of the process's hosts, by the hosts' names.
	hypervisors map[string]*daemon.Daemon
	nova        *novadb.DB
	tokens      *middleware.Keystone
	// tokenGeneration, where keystone is in this process, tells when what was remembered of tokens is old.
	tokenGeneration func() uint64
	// notificationBus is told what happens, where it is not the cloud's own.
	notificationBus *messaging.Bus
}

// together runs a role with what keeps something beside it as recorded; the first error ends both.
func together(run func(ctx context.Context, ready func()) error, beside ...func(context.Context) error) func(context.Context, func()) error {
	return func(ctx context.Context, ready func()) error {
		all, ctx := errgroup.WithContext(ctx)
		all.Go(func() error { return run(ctx, ready) })
		for _, b := range beside {
			all.Go(func() error { return b(ctx) })
		}
		return all.Wait()
	}
}
