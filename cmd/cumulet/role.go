package main

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/gophercloud/gophercloud/v2"
	"golang.org/x/sync/errgroup"

	"cumulet/keystone/middleware"
	"cumulet/neutron/agent/metadata"
	novadb "cumulet/nova/db"
	"cumulet/oslo/service"
)

// role is one line of the role table: a name that operators know, and how it is built of the process's parts. Building it adds
// its API, if it has one, to the gateway.
type role struct {
	name  string
	build func(*process, context.Context) (service.Role, error)
}

// roles is the table, in the order of starting: who is asked comes before who asks.
func roles() []role {
	return []role{
		{"keystone", (*process).keystone},
		{"glance-registry", (*process).glanceRegistry},
		{"glance-api", (*process).glanceAPI},
		{"placement-api", (*process).placementAPI},
		{"neutron-server", (*process).neutronServer},
		{"neutron-linuxbridge-agent", (*process).linuxbridgeAgent},
		{"neutron-dhcp-agent", (*process).dhcpAgent},
		{"neutron-l3-agent", (*process).l3Agent},
		{"neutron-metadata-agent", (*process).metadataAgent},
		{"nova-conductor", (*process).novaConductor},
		{"nova-scheduler", (*process).novaScheduler},
		{"nova-api", (*process).novaAPI},
		{"nova-metadata", (*process).novaMetadata},
		{"nova-compute", (*process).novaCompute},
	}
}

// chosen gives the roles of these names, in the table's order.
func chosen(names []string) ([]role, error) {
	table := roles()
	for _, name := range names {
		if !slices.ContainsFunc(table, func(r role) bool { return r.name == name }) {
			known := make([]string, len(table))
			for i, r := range table {
				known[i] = r.name
			}
			return nil, fmt.Errorf("there is no role %q; roles are: %s", name, strings.Join(known, ", "))
		}
	}
	return slices.DeleteFunc(table, func(r role) bool { return !slices.Contains(names, r.name) }), nil
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
	nova     *novadb.DB
	tokens   *middleware.Keystone
	// tokenGeneration, where keystone is in this process, tells when what was remembered of tokens is old.
	tokenGeneration func() uint64
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
