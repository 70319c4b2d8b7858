package db

import (
	"context"
	"net"
	"syscall"
	"time"
)

// dial connects to a database server, so that one that vanished without a word is noticed within half a minute: unanswered
// probes end a connection that waits, and unacknowledged data one that sends.
func dial(ctx context.Context, network, address string) (net.Conn, error) {
	const silence = 30 * time.Second
	d := net.Dialer{
		Timeout:         5 * time.Second,
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 10 * time.Second, Interval: 5 * time.Second, Count: 4},
	}
	if network != "unix" {
		d.Control = func(_, _ string, c syscall.RawConn) error {
			const tcpUserTimeout = 18 // TCP_USER_TIMEOUT of linux/tcp.h, in milliseconds
			var err error
			controlErr := c.Control(func(fd uintptr) {
				err = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, tcpUserTimeout, int(silence.Milliseconds()))
			})
			if controlErr != nil {
				return controlErr
			}
			return err
		}
	}
	return d.DialContext(ctx, network, address)
}
