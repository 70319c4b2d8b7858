package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"time"

	"cumulet/neutron/agent/netns"
	"cumulet/oslo/telemetry"
)

// runCloud runs the whole cloud in this process until ctx ends, and stops it: requests first, then roles, then guests and
// wires.
func runCloud(ctx context.Context, d dataDir, config Config, u upCommand, log io.Writer, say func(string, ...any)) (err error) {
	if err := d.create(); err != nil {
		return err
	}
	held, err := d.lock()
	if err != nil {
		return err
	}
	defer held.release()
	if err := d.sweep(); err != nil {
		return err
	}
	listener, err := listen(config.Listen)
	if err != nil {
		return err
	}
	defer listener.Close()
	p, err := newProcess(ctx, d, config, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	ctx = telemetry.With(ctx, p.telemetry)

	if config.Drivers == realDrivers {
		say("preparing the network and the hypervisor of %s", hostsInWords(config.Hosts))
		if err := p.checkSurplus(); err != nil {
			return err
		}
		defer func() {
			err = errors.Join(err, stopHosts(context.WithoutCancel(ctx), append(p.nodes(), p.surplus()...), p.log))
		}()
		if err := startHosts(ctx, p, true); err != nil {
			return err
		}
	}
	say("opening databases and starting services")
	if err := p.build(ctx, roles()); err != nil {
		return err
	}
	return p.serve(ctx, listener, func() error {
		if err := p.startAndSeed(ctx, u, say); err != nil {
			return err
		}
		if err := p.dropSurplus(ctx); err != nil {
			return err
		}
		if err := d.markReady(); err != nil {
			return err
		}
		say(progressReady)
		p.log.InfoContext(ctx, "the cloud is up", "url", config.URL)
		return nil
	})
}

// serve answers requests from before the roles start, which ask one another, until the last that was under way when ctx ended
// has its answer; then the roles stop.
func (p *process) serve(ctx context.Context, listener net.Listener, start func() error) error {
	serving, stopServing := context.WithCancel(ctx)
	defer stopServing()
	served := make(chan error, 1)
	go func() { served <- p.gateway.serve(serving, listener) }()
	err := start()
	if ctx.Err() != nil && errors.Is(err, context.Canceled) { // asked to stop while it began, which is no failure
		p.log.Info("stopped while starting; the next start goes on from here", "at", err)
		err = nil
	}
	if err == nil {
		err = <-served // ended by ctx or by itself
		p.log.Info("stopping")
	} else {
		stopServing()
		err = errors.Join(err, <-served)
	}
	return errors.Join(err, p.stopRoles())
}

// startAndSeed starts the roles and makes what a new cloud begins with.
func (p *process) startAndSeed(ctx context.Context, u upCommand, say func(string, ...any)) error {
	if err := p.start(ctx); err != nil {
		return err
	}
	return p.seed(ctx, u, say)
}

// seed makes what a new cloud begins with, and writes down how to sign in.
func (p *process) seed(ctx context.Context, u upCommand, say func(string, ...any)) error {
	admin := account{Username: "admin", Password: p.secrets.AdminPassword, Project: "admin", AuthURL: p.config.URL + "/identity/v3", Region: p.config.Region}
	var demo *account
	if u.withDemo(p.data) {
		demo = &account{Username: "demo", Password: p.secrets.DemoPassword, Project: "demo", AuthURL: admin.AuthURL, Region: admin.Region}
	}
	s := p.newSeed(u, say, admin, demo)
	if err := s.makeAccount(ctx, demo); err != nil {
		return fmt.Errorf("make the demo's account: %w", inWords(err))
	}
	if err := p.data.writeAccounts(admin, demo); err != nil {
		return err
	}
	return s.run(ctx, !u.NoDemo, !u.NoImage)
}

// newSeed prepares what makes the first things of a new cloud.
func (p *process) newSeed(u upCommand, say func(string, ...any), admin account, demo *account) *seed {
	external := p.config.External
	boss := p.account(admin)
	s := &seed{
		data: p.data, image: u.Image, say: say,
		identity: p.identity(boss), compute: p.compute(boss), network: p.network(boss), images: p.image(boss), placement: p.placement(boss),
		external: externalNetwork{
			physical: external.Physical, cidr: external.CIDR, gateway: external.Gateway.String(),
			first: external.First.String(), last: external.Last.String(),
		},
	}
	// Guests may be met on another host only; whether this machine reaches the floating addresses of a real network is that
	// network's to say.
	if !p.fakes() && !external.real() && netns.Exists(p.networkNode().Namespace) {
		s.dialOutside = p.dialOutside
	}
	if demo != nil {
		user := p.account(*demo)
		s.demoCompute, s.demoNetwork = p.compute(user), p.network(user)
	}
	return s
}

// build builds roles; building adds APIs to the gateway, so it goes before listening.
func (p *process) build(ctx context.Context, table []role) error {
	for _, r := range table {
		built, err := p.buildAs(ctx, r)
		if err != nil {
			return err
		}
		p.built = append(p.built, built)
	}
	traces, err := p.traceRole()
	p.built = append(p.built, traces)
	return err
}

// start starts what was built, in order.
func (p *process) start(ctx context.Context) error {
	for _, r := range p.built {
		if err := p.group.Start(ctx, r); err != nil {
			return fmt.Errorf("start %s: %w", r.Name, err)
		}
	}
	return nil
}

// rolesTimeout bounds how long roles may take to stop: a flow's step under way is let end.
const rolesTimeout = 30 * time.Second

func (p *process) stopRoles() error {
	ctx, cancel := context.WithTimeout(context.Background(), rolesTimeout)
	defer cancel()
	return p.group.Stop(ctx)
}

type runCommand struct {
	Roles []string `arg:"" optional:"" help:"Roles, such as nova-compute neutron-linuxbridge-agent; those of the option roles when none is named."`
}

// Run runs some roles in the foreground until it is told to stop.
func (r runCommand) Run(ctx context.Context, c *commands) (err error) {
	config, err := loadConfig(c)
	if err != nil {
		return err
	}
	if len(r.Roles) == 0 {
		r.Roles = config.Roles
	}
	table, err := chosen(r.Roles, config.Bus.Reveal())
	if err != nil {
		return err
	}
	if err := checkSecrets(config, table); err != nil {
		return err
	}
	d := dataDir(c.Data)
	if err := d.create(); err != nil {
		return err
	}
	held, err := d.share()
	if err != nil {
		return err
	}
	defer held.release()
	listener, err := listen(config.Listen)
	if err != nil {
		return err
	}
	defer listener.Close()
	p, err := newProcess(ctx, d, config, os.Stderr)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	ctx = telemetry.With(ctx, p.telemetry)
	if config.Drivers == realDrivers && slices.ContainsFunc(table, func(r role) bool { return r.onHost }) {
		// What runs on the host stays when this process ends: another, or the next one, takes it over.
		if err := startHosts(ctx, p, slices.ContainsFunc(table, func(r role) bool { return r.hypervisor })); err != nil {
			return err
		}
	}
	if err := p.build(ctx, table); err != nil {
		return err
	}
	return p.serve(ctx, listener, func() error { return p.start(ctx) })
}
