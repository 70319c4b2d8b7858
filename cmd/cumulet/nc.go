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
	conn, err := dialInside(ctx, outside(dataDir(c.Data), config), net.JoinHostPort(n.Address, n.Port))
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

// outside is the namespace from which floating addresses are reached: the network host's, which holds the external network;
// where that is a real one, this process's own, which reaches it as the machine's network lets it.
func outside(d dataDir, config Config) string {
	if config.External.real() {
		return ""
	}
	return nodeNamespace(d, config.Host)
}

// dialInside opens a TCP connection from within a namespace. The socket stays there; the thread that entered it is thrown
// away.
func dialInside(ctx context.Context, namespace, address string) (net.Conn, error) {
	if namespace == "" {
		return (&net.Dialer{}).DialContext(ctx, "tcp", address)
	}
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
