package main

import (
	"context"
	"time"

	"cumulet/neutron"
	"cumulet/neutron/api"
	"cumulet/neutron/compute"
	"cumulet/neutron/db"
	"cumulet/neutron/notification"
	"cumulet/neutron/plugin"
	"cumulet/oslo/flow"
	"cumulet/oslo/idempotency/keeper"
	"cumulet/oslo/messaging"
	"cumulet/oslo/service"
)

// neutronReconcile is how often neutron-server looks for networks and routers that no living agent serves.
const neutronReconcile = 20 * time.Second

// neutronServer is neutron-server: the API, what agents ask over the bus, and what tells nova about ports.
func (p *process) neutronServer(ctx context.Context) (service.Role, error) {
	database, err := db.Open(ctx, p.database("neutron"))
	if err != nil {
		return service.Role{}, err
	}
	p.closes(database)
	ml2 := &plugin.Plugin{DB: database, Config: p.config.Neutron, Bus: p.bus, Log: p.log}
	if p.config.Neutron.NotifyNova {
		ml2.Compute = &compute.Nova{Client: p.compute(p.serviceAccount("neutron"))}
	}
	rules, err := p.policy("neutron", api.Rules())
	if err != nil {
		return service.Role{}, err
	}
	face := &api.API{
		Plugin: ml2, Auth: p.authenticator("network"), Policy: rules, Prefix: "/network", IdentityURL: p.config.URL + "/identity", Log: p.log,
		Keeper: &keeper.Keeper{DB: database.DB},
	}
	if _, err := p.serveAPI("/network", face.Handler); err != nil {
		return service.Role{}, err
	}
	server := &messaging.Server{Bus: p.bus, Topic: neutron.Topic, Host: p.config.Host, Log: p.log}
	ml2.Serve(server)
	mend := &service.Reconciler{Name: "neutron-server", Every: neutronReconcile, Do: ml2.Reconcile, Log: p.log}
	notify := func(ctx context.Context) error { return ml2.Notify(ctx, flow.Owner(p.config.Host)) }
	words := &notification.Translator{API: face}
	tell, err := p.notifying(ctx, "neutron", database.DB, words.Translate)
	if err != nil {
		return service.Role{}, err
	}
	return service.Role{Run: together(server.Run, mend.Run, notify, tell, p.forgetting("neutron", database.DB))}, nil
}
