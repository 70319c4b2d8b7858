package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"

	"github.com/vishvananda/netns"
)

type ncCommand struct {
	Address string `arg:"" help:"The address, such as a floating IP."`
	Port    string `arg:"" help:"The TCP port."`
}

// Run connects to an address as the cloud's outside sees it, for ssh's ProxyCommand.
func (n ncCommand) Run(ctx context.Context, c *commands) error {
	config, err := loadConfig(c)
	if err != nil {
		return err
	}
	inside := nodeNamespace(dataDir(c.Data), config.Host)
	conn, err := dialInside(ctx, inside, net.JoinHostPort(n.Address, n.Port))
	if err != nil {
		return err
	}
	defer conn.Close()
	go func() {
		_, _ = io.Copy(conn, os.Stdin) // the other direction tells how it ended
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.CloseWrite()
		}
	}()
	_, err = io.Copy(os.Stdout, conn)
	return err
}

// dialInside opens a TCP connection from within the namespace that holds the cloud's external network. The socket stays
// there; the thread that entered it is thrown away.
func dialInside(ctx context.Context, namespace, address string) (net.Conn, error) {
	type result struct {
		conn net.Conn
		err  error
	}
	done := make(chan result, 1)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		ns, err := netns.GetFromName(namespace)
		if errors.Is(err, os.ErrNotExist) {
			done <- result{err: errors.New("the cloud's network is not up: start it with `cumulet up`")}
			return
		}
		if err == nil {
			defer ns.Close()
			err = netns.Set(ns)
		}
		if err != nil {
			done <- result{err: fmt.Errorf("enter the cloud's network (are you root?): %w", err)}
			return
		}
		// A single address is dialled on this very thread: no name is resolved and no second attempt raced.
		conn, err := (&net.Dialer{FallbackDelay: -1}).DialContext(ctx, "tcp", address)
		done <- result{conn, err}
	}()
	r := <-done
	return r.conn, r.err
}
