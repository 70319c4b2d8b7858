// Package servicetest has what tests need to start services beside one another.
package servicetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"syscall"
	"testing"
)

// The ports given out lie below those the kernel takes for outgoing connections (ip_local_port_range), so that nothing
// else on the machine comes upon one while a test's process is not listening on it: killed, or about to start again.
const (
	lowest  = 16000
	highest = 30000
)

// Port is a TCP port of the loopback that nobody listens on, and that no other test on this machine is given until this
// one has ended.
func Port(t testing.TB) int {
	t.Helper()
	for range 1000 {
		port := lowest + rand.IntN(highest-lowest)
		// A name without a file, which is gone with the process that holds it.
		held, err := net.Listen("unix", fmt.Sprintf("@cumulet-test-port-%d", port))
		if errors.Is(err, syscall.EADDRINUSE) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		tried, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err != nil { // a program that is no test has it
			_ = held.Close()
			continue
		}
		if err := tried.Close(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = held.Close() })
		return port
	}
	t.Fatalf("no port from %d to %d is free", lowest, highest)
	return 0
}

// Address is a Port with its host, as net.Listen takes it.
func Address(t testing.TB) string {
	t.Helper()
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(Port(t)))
}
