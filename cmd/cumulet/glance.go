package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cumulet/glance"
	"cumulet/glance/api"
	"cumulet/glance/cache"
	"cumulet/glance/db"
	"cumulet/glance/definition"
	"cumulet/glance/notification"
	"cumulet/glance/registry"
	"cumulet/glance/registry/client"
	"cumulet/glance/signature"
	"cumulet/glance/store/file"
	"cumulet/glance/transfer"
	"cumulet/oslo/flow"
	"cumulet/oslo/service"
)

// glanceRegistry is glance-registry: alone with glance's database, reached over the bus.
func (p *process) glanceRegistry(ctx context.Context) (service.Role, error) {
	database, err := db.Open(ctx, p.database("glance"))
	if err != nil {
		return service.Role{}, err
	}
	p.closes(database)
	config := p.config.Glance
	r := &registry.Registry{
		DB: database, Limits: config.Limits(), DelayedDelete: config.DelayedDelete, ScrubTime: config.ScrubTime, Lease: config.UploadLease, Now: time.Now, NewID: newID,
		Bus: p.bus, Owner: flow.Owner(p.config.Host), Imports: config.Imports, TaskLife: config.TaskLife,
		ImportDeadline: config.ImportDeadline, ImportRules: config.ImportRules(), Log: p.log,
	}
	if config.KeystoneLimits {
		r.Unified = p.limits("image", "glance")
	}
	if err := r.LoadStandard(ctx, definition.Standard); err != nil {
		return service.Role{}, err
	}
	server := &registry.Server{Registry: r, Bus: p.bus}
	mend := &service.Reconciler{Name: "dead uploads", Every: config.ReconcileEvery, Do: r.Reconcile, Log: p.log}
	words := &notification.Translator{Publisher: config.PublisherID, Disabled: config.DisabledNotifications}
	tell, err := p.notifying(ctx, "glance", database.DB, words.Translate)
	if err != nil {
		return service.Role{}, err
	}
	return service.Role{Run: together(server.Run, mend.Run, tell, p.forgetting("glance", database.DB))}, nil
}

// glanceAPI is glance-api, with the stores of images' bits.
func (p *process) glanceAPI(context.Context) (service.Role, error) {
	config := p.config.Glance.in(p.data)
	staging := &file.Store{StoreName: glance.StagingStore, Dir: config.StagingDir, Reserve: config.ReserveBytes}
	stores, err := config.stores()
	if err := errors.Join(err, staging.Prepare()); err != nil {
		return service.Role{}, err
	}
	web, err := transfer.Web(config.Web)
	if err != nil {
		return service.Role{}, err
	}
	rules, err := p.policy("glance", api.Rules())
	if err != nil {
		return service.Role{}, err
	}
	moves := &transfer.Transfer{
		Registry: &client.Registry{Bus: p.bus}, Stores: stores, SizeCap: config.SizeCapBytes,
		StrictFormat: config.StrictFormat, Log: p.log, Staging: staging, Host: p.config.Host, Web: web,
		Signatures: signature.Certificates{Dir: config.CertificatesDir, TrustedDir: config.TrustedDir, Now: time.Now},
	}
	moves.Cache, err = p.glanceCache(config.Config, moves)
	if err != nil {
		return service.Role{}, err
	}
	hands := &transfer.Server{Transfer: moves, Bus: p.bus}
	face := &api.API{
		Registry: moves.Registry, Transfer: moves, Stores: stores, Config: config.Config, Auth: p.authenticator("image"), Policy: rules,
		Log: p.log, Prefix: "/image", Keeper: &client.Keeper{Registry: moves.Registry}, KeystoneURL: p.config.URL + "/identity",
	}
	built, err := p.serveAPI("/image", face.Handler)
	if err != nil {
		return service.Role{}, err
	}
	clear := &service.Reconciler{Name: "leftover bits", Every: config.ReconcileEvery, Do: moves.Scrub, Log: p.log}
	beside := []func(context.Context) error{func(ctx context.Context) error { return hands.Run(ctx, func() {}) }, clear.Run}
	if kept := moves.Cache; kept != nil {
		tidy := &service.Reconciler{Name: "image cache", Every: config.ReconcileEvery, Do: kept.Tidy, Log: p.log}
		prefetch := &service.Reconciler{Name: "images to cache", Every: config.ReconcileEvery, Do: kept.Prefetch, Log: p.log}
		kept.Nudge = prefetch.Nudge
		beside = append(beside, tidy.Run, prefetch.Run)
	}
	built.Run = together(built.Run, beside...)
	return built, nil
}

// glanceCache is the cache of this glance-api; nil when it is to have none.
func (p *process) glanceCache(config glance.Config, moves *transfer.Transfer) (*cache.Cache, error) {
	if config.CacheDir == "" {
		return nil, nil
	}
	made := &cache.Cache{
		Dir: config.CacheDir, MaxSize: config.CacheMaxBytes, StallTime: config.CacheStallTime, Fetch: moves.Open, Now: time.Now, Log: p.log,
		Image: func(ctx context.Context, id string) (glance.Image, error) {
			return moves.Registry.Image(ctx, glance.Caller{Admin: true}, id)
		},
	}
	if err := made.Prepare(); err != nil {
		return nil, fmt.Errorf("glance.image_cache_dir: %w", err)
	}
	p.closes(made)
	return made, nil
}
