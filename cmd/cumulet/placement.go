package main

import (
	"context"
	"time"

	"cumulet/oslo/idempotency/keeper"
	"cumulet/oslo/service"
	"cumulet/placement/api"
	"cumulet/placement/db"
	"cumulet/placement/manager"
)

// placementAPI is placement, which has one role.
func (p *process) placementAPI(ctx context.Context) (service.Role, error) {
	database, err := db.Open(ctx, p.database("placement"))
	if err != nil {
		return service.Role{}, err
	}
	p.closes(database)
	rules, err := p.policy("placement", api.Rules())
	if err != nil {
		return service.Role{}, err
	}
	face := &api.API{
		Manager: &manager.Manager{DB: database, NewID: newID, Now: time.Now},
		Auth:    p.authenticator("placement"), Policy: rules, Log: p.log, Prefix: "/placement", KeystoneURL: p.config.URL + "/identity",
		Now: time.Now, Keeper: &keeper.Keeper{DB: database.DB},
	}
	built, err := p.serveAPI("/placement", face.Handler)
	built.Run = together(built.Run, p.forgetting("placement", database.DB))
	return built, err
}
