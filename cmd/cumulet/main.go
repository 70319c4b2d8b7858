// Command cumulet is the cloud in one binary: all of it on this machine (up), some of its roles here (run), and what an
// operator asks of it (env, ssh, nc, config, version).
//
// This package wires: it reads the configuration, builds each service of its parts, and knows which role needs what. It
// decides nothing that a service could decide.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
)

// commands are cumulet's words.
type commands struct {
	Data   string `help:"Where data lies." env:"CUMULET_DATA" default:"/var/lib/cumulet" type:"path"`
	Config string `help:"The configuration file; DATA/cumulet.yaml when there is one." env:"CUMULET_CONFIG" type:"path"`

	Up       upCommand         `cmd:"" help:"Start the cloud on this machine, in the background."`
	Down     downCommand       `cmd:"" help:"Stop it; its data stays."`
	Wipe     wipeCommand       `cmd:"" help:"Stop it and forget all of it."`
	Run      runCommand        `cmd:"" help:"Run some roles here, in the foreground."`
	Seed     seedCommand       `cmd:"" help:"Make what a new cloud of such roles begins with, as up does."`
	Env      envCommand        `cmd:"" help:"Print the OS_* exports for a shell."`
	SSH      sshCommand        `cmd:"" help:"Log in to a server, or run a command there."`
	NC       ncCommand         `cmd:"" name:"nc" help:"Connect standard input and output to a TCP port inside the cloud."`
	Show     configCommand     `cmd:"" name:"config" help:"Print the configuration in force, or all options."`
	Doctor   doctorCommand     `cmd:"" help:"Compare what is recorded with what is there, and tell what is left over or missing."`
	Keystone keystoneCommand   `cmd:"" help:"What keystone-manage does."`
	Glance   glanceCommand     `cmd:"" help:"What glance-manage does."`
	Tables   describeCommand   `cmd:"" name:"describe" help:"Print a table of the code: routes, rules, versions, events, config, states or roles."`
	Policy   policyCommand     `cmd:"" help:"Tell why a policy rule lets somebody do something, or not."`
	Trace    traceCommand      `cmd:"" help:"Print what a request did, everywhere in the cloud."`
	Working  operationsCommand `cmd:"" name:"operations" help:"What is under way, how far, and on whom it waits; show, retry or cancel one."`
	Version  versionCommand    `cmd:"" help:"Print the version."`
}

// words begin a command that means the same cloud.
func (c *commands) words() string {
	words := []string{os.Args[0]}
	if c.Data != defaultData && c.Data != os.Getenv("CUMULET_DATA") {
		words = append(words, "--data", quote(c.Data))
	}
	if c.Config != "" {
		words = append(words, "--config", quote(c.Config))
	}
	return strings.Join(words, " ")
}

func main() {
	var c commands
	parser := kong.Must(&c, kong.Name("cumulet"), kong.Description("OpenStack's system in one binary."), kong.UsageOnError())
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // who asks twice does not wait: the second signal ends the process
	parsed, err := parser.Parse(os.Args[1:])
	parser.FatalIfErrorf(err)
	parsed.BindTo(ctx, (*context.Context)(nil))
	if err := parsed.Run(&c); err != nil {
		var status exitStatus
		if errors.As(err, &status) {
			os.Exit(int(status))
		}
		fmt.Fprintf(os.Stderr, "cumulet: %v\n", err)
		os.Exit(1)
	}
}

// exitStatus ends the process with another program's status, which has said all there is to say.
type exitStatus int

func (s exitStatus) Error() string { return fmt.Sprintf("exit status %d", int(s)) }
