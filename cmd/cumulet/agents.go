package main

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"cumulet/neutron/agent/dhcp"
	"cumulet/neutron/agent/fake"
	"cumulet/neutron/agent/l3"
	"cumulet/neutron/agent/linuxbridge"
	"cumulet/neutron/agent/metadata"
	"cumulet/oslo/service"
)

// linuxbridgeAgent is neutron-linuxbridge-agent on each host, or with fake drivers the one that wires nothing.
func (p *process) linuxbridgeAgent(context.Context) (service.Role, error) {
	if p.fakes() {
		return service.Role{Run: p.onEachHost(func(n node) runner {
			agent := &fake.Agent{Bus: p.bus, Host: n.Name, Physical: p.physicalNetworks(), Now: time.Now, Log: p.log}
			return agent.Run
		})}, nil
	}
	return service.Role{Run: p.onEachHost(func(n node) runner {
		agent := &linuxbridge.Agent{Bus: p.bus, Host: n.Host, Log: p.log, Now: time.Now, Config: linuxbridge.Config{TunnelIP: n.tunnelIP}}
		if n.network && p.config.External.Physical != "" {
			agent.Config.BridgeMappings = map[string]string{p.config.External.Physical: externalBridge}
		}
		return agent.Run
	})}, nil
}

// physicalNetworks are those that this process's network host has.
func (p *process) physicalNetworks() []string {
	if p.config.External.Physical == "" {
		return nil
	}
	return []string{p.config.External.Physical}
}

// metadataProxy is what stands on 169.254.169.254, shared by the DHCP and the L3 agent of the process.
func (p *process) metadataProxy() (*metadata.Agent, error) {
	if p.services.metadata == nil {
		nova, err := url.Parse(p.config.URL + metadataPrefix)
		if err != nil {
			return nil, err
		}
		p.services.metadata = &metadata.Agent{
			Bus: p.bus, Host: p.networkNode().Host, Client: &http.Client{Transport: p.gateway, Timeout: apiTimeout}, Log: p.log, Now: time.Now,
			Config: metadata.Config{Nova: nova, Secret: p.secrets.MetadataSecret},
		}
	}
	return p.services.metadata, nil
}

func (p *process) metadataAgent(context.Context) (service.Role, error) {
	if p.fakes() {
		return apiRole(), nil
	}
	agent, err := p.metadataProxy()
	if err != nil {
		return service.Role{}, err
	}
	return service.Role{Run: agent.Run}, nil
}

func (p *process) dhcpAgent(context.Context) (service.Role, error) {
	if p.fakes() {
		return apiRole(), nil
	}
	proxy, err := p.metadataProxy()
	if err != nil {
		return service.Role{}, err
	}
	agent := &dhcp.Agent{
		Bus: p.bus, Host: p.networkNode().Host, Metadata: proxy, Log: p.log, Now: time.Now,
		Config: dhcp.Config{Domain: p.config.Neutron.DNSDomain},
	}
	return service.Role{Run: agent.Run}, nil
}

func (p *process) l3Agent(context.Context) (service.Role, error) {
	if p.fakes() {
		return apiRole(), nil
	}
	proxy, err := p.metadataProxy()
	if err != nil {
		return service.Role{}, err
	}
	agent := &l3.Agent{Bus: p.bus, Host: p.networkNode().Host, Metadata: proxy, Log: p.log, Now: time.Now}
	return service.Role{Run: agent.Run}, nil
}
