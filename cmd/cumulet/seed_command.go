package main

import (
	"context"
	"fmt"
	"os"
)

type seedCommand struct {
	NoDemo  bool   `help:"Leave out the demo's project, network and server."`
	NoImage bool   `help:"Leave out the guest image."`
	Image   string `help:"The guest image to register." type:"path"`
}

// Run makes, through the APIs of a cloud whose roles run in processes of their own, what `cumulet up` makes at its first start.
func (s seedCommand) Run(ctx context.Context, c *commands) error {
	config, err := loadConfig(c)
	if err != nil {
		return err
	}
	d := dataDir(c.Data)
	if err := d.create(); err != nil {
		return err
	}
	u := upCommand{NoDemo: s.NoDemo, NoImage: s.NoImage, Image: s.Image}
	if err := u.check(d, config); err != nil {
		return err
	}
	config.Bus = "" // seeding goes by HTTP only
	p, err := newProcess(ctx, d, config, os.Stderr)
	if err != nil {
		return err
	}
	defer p.close()
	say := func(format string, args ...any) { fmt.Printf(format+"\n", args...) }
	if err := p.seed(ctx, u, say); err != nil {
		return fmt.Errorf("%w\nWhat is half made is taken up by the next `cumulet seed`", err)
	}
	return summary(os.Stdout, c)
}
