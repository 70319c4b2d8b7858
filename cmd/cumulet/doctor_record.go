package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gophercloud/gophercloud/v2"

	"cumulet/cmd/cumulet/doctor"
)

// examination asks the APIs as the administrator and looks at the hosts of this machine.
func examination(ctx context.Context, d dataDir, config Config) ([]doctor.Finding, error) {
	o, err := signIn(ctx, d)
	if err != nil {
		return nil, err
	}
	a := &asker{provider: o.provider, url: o.url}
	p := doctor.Patient{Now: time.Now()}
	// What is there is looked at first: what was made for a record after that has the record.
	if p.Hosts, err = lookAtHosts(ctx, d); err != nil {
		return nil, err
	}
	if p.Files, err = lookAtFiles(d, config); err != nil {
		return nil, err
	}
	if p.Records, err = a.records(ctx); err != nil {
		return nil, err
	}
	return p.Examine(), nil
}

// asker asks the APIs behind the gateway.
type asker struct {
	provider *gophercloud.ProviderClient
	url      string
}

// pageSize is how many things are asked for at once.
const pageSize = 500

// list reads a list to its end. Lists of the same kind are told by their name in the answer.
func list[T any](ctx context.Context, a *asker, path, name string, id func(T) string) ([]T, error) {
	var all []T
	for marker := ""; ; {
		query := url.Values{"limit": {fmt.Sprint(pageSize)}}
		if marker != "" {
			query.Set("marker", marker)
		}
		join := "?"
		if strings.Contains(path, "?") {
			join = "&"
		}
		page, err := one[T](ctx, a, path+join+query.Encode(), name)
		if err != nil {
			return nil, err
		}
		all = append(all, page...)
		if len(page) < pageSize {
			return all, nil
		}
		marker = id(page[len(page)-1])
	}
}

// one reads one page, or a list that has no pages.
func one[T any](ctx context.Context, a *asker, path, name string) ([]T, error) {
	var answer map[string]json.RawMessage
	_, err := a.provider.Request(ctx, "GET", a.url+path, &gophercloud.RequestOpts{
		JSONResponse: &answer, OkCodes: []int{http.StatusOK},
		MoreHeaders: map[string]string{"OpenStack-API-Version": "placement 1.6"},
	})
	if err != nil {
		return nil, inWords(err)
	}
	var page []T
	if err := json.Unmarshal(answer[name], &page); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return page, nil
}

// records asks for everything.
func (a *asker) records(ctx context.Context) (r doctor.Records, err error) {
	steps := []func() error{
		func() error {
			r.Servers, err = list(ctx, a, "/compute/v2.1/servers/detail?all_tenants=1", "servers", func(s doctor.Server) string { return s.ID })
			return err
		},
		func() error { r.Providers, err = a.providers(ctx); return err },
		func() error {
			r.Ports, err = list(ctx, a, "/network/v2.0/ports", "ports", func(p doctor.Port) string { return p.ID })
			return err
		},
		func() error {
			r.FloatingIPs, err = list(ctx, a, "/network/v2.0/floatingips", "floatingips", func(f doctor.FloatingIP) string { return f.ID })
			return err
		},
		func() error {
			r.Networks, err = list(ctx, a, "/network/v2.0/networks", "networks", func(n doctor.Network) string { return n.ID })
			return err
		},
		func() error {
			r.Routers, err = list(ctx, a, "/network/v2.0/routers", "routers", func(r doctor.Router) string { return r.ID })
			return err
		},
		func() error {
			r.Images, err = list(ctx, a, "/image/v2/images?visibility=all", "images", func(i doctor.Image) string { return i.ID })
			return err
		},
		func() error { r.Services, err = a.services(ctx); return err },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return r, err
		}
	}
	return r, nil
}

func (a *asker) providers(ctx context.Context) ([]doctor.Provider, error) {
	providers, err := one[doctor.Provider](ctx, a, "/placement/resource_providers", "resource_providers")
	for i, p := range providers {
		var claims struct{ Allocations map[string]any }
		if _, err := a.provider.Request(ctx, "GET", a.url+"/placement/resource_providers/"+p.ID+"/allocations", &gophercloud.RequestOpts{
			JSONResponse: &claims, OkCodes: []int{http.StatusOK},
		}); err != nil {
			return nil, inWords(err)
		}
		for consumer := range claims.Allocations {
			providers[i].Consumers = append(providers[i].Consumers, consumer)
		}
	}
	return providers, err
}

func (a *asker) services(ctx context.Context) ([]doctor.Service, error) {
	type novaService struct {
		Binary, Host, State, Status string
	}
	type neutronAgent struct {
		Binary, Host string
		Alive        bool
		AdminUp      bool `json:"admin_state_up"`
	}
	var all []doctor.Service
	services, err := one[novaService](ctx, a, "/compute/v2.1/os-services", "services")
	if err != nil {
		return nil, err
	}
	for _, s := range services {
		all = append(all, doctor.Service{Binary: s.Binary, Host: s.Host, Up: s.State == "up", Disabled: s.Status == "disabled"})
	}
	agents, err := one[neutronAgent](ctx, a, "/network/v2.0/agents", "agents")
	for _, s := range agents {
		all = append(all, doctor.Service{Binary: s.Binary, Host: s.Host, Up: s.Alive, Disabled: !s.AdminUp})
	}
	return all, err
}
