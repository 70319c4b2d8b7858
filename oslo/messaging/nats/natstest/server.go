package natstest

import (
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"cumulet/oslo/service/servicetest"
)

// patience bounds a start, on a machine that has other things to do.
const patience = time.Minute

// room is what the tests' casts may take. JetStream reserves it, and refuses where the disk has less.
const room = "store_mb=64"

// Start starts a server that is stopped when the test ends, and gives its address; it skips the test where none is installed.
func Start(t testing.TB) string {
	t.Helper()
	return StartOn(t, "127.0.0.1")
}

// StartOn starts a server that listens on an address of this machine.
func StartOn(t testing.TB, host string) string {
	t.Helper()
	program, err := exec.LookPath("nats-server")
	if err != nil {
		t.Skip("no nats-server on this machine: install Debian's package nats-server")
	}
	dir, port := t.TempDir(), strconv.Itoa(servicetest.Port(t))
	log := filepath.Join(dir, "log")
	server := exec.Command(program, "-a", host, "-p", port, "--user", "cumulet", "--pass", "test-only", "-js", "-sd", dir, "-l", log)
	server.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	ended, end := context.WithCancel(context.Background())
	go func() {
		_ = server.Wait() // what it says is in the log
		end()
	}()
	t.Cleanup(func() {
		_ = server.Process.Kill() // it may have ended
		<-ended.Done()
		if said, err := os.ReadFile(log); t.Failed() && err == nil {
			t.Logf("nats-server said:\n%s", said)
		}
	})
	address := net.JoinHostPort(host, port)
	if err := wait(ended, address); err != nil {
		t.Fatalf("nats-server does not come up: %v", err)
	}
	return "nats://cumulet:test-only@" + address + "?" + room
}

// wait waits until a server that has not ended takes connections.
func wait(ended context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ended, patience)
	defer cancel()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			return conn.Close()
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		}
	}
}
