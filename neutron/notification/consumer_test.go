package notification_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"cumulet/neutron/notification"
	"cumulet/oslo/messaging"
	"cumulet/oslo/messaging/rabbitmq/rabbitmqtest"
	"cumulet/oslo/messaging/transport"
	oslo "cumulet/oslo/notification"
)

// listener is a program that listens as OpenStack's own do, with oslo.messaging, and prints what it hears, a line each.
const listener = `
import json, os, sys
from oslo_config import cfg
import oslo_messaging

class Endpoint(object):
    def info(self, context, publisher, kind, payload, metadata):
        # At once: print writes the end of a line by itself, and another thread's line may come between.
        os.write(1, (json.dumps([context, publisher, kind, payload, metadata]) + '\n').encode())

conf = cfg.ConfigOpts()
conf([], project='listener')
line = oslo_messaging.get_notification_transport(conf, url=sys.argv[1])
server = oslo_messaging.get_notification_listener(
    line, [oslo_messaging.Target(exchange='neutron', topic='notifications')], [Endpoint()], executor='threading')
server.start()
print('"ready"', flush=True)
sys.stdin.read()
server.stop()
server.wait()
`

// python is Debian's, which has what Debian packages.
const python = "/usr/bin/python3"

// listen starts the program and gives its lines.
func listen(t *testing.T, url string) <-chan string {
	t.Helper()
	if said, err := exec.Command(python, "-c", "import oslo_messaging").CombinedOutput(); err != nil {
		t.Skipf("oslo.messaging is not installed: Debian has it as python3-oslo.messaging (%s)", strings.TrimSpace(string(said)))
	}
	c := exec.Command(python, "-c", listener, url)
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	c.Stderr = &said
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	lines := make(chan string, 100)
	var reading sync.WaitGroup
	reading.Go(func() {
		for s := bufio.NewScanner(out); s.Scan(); {
			lines <- s.Text()
		}
		close(lines)
	})
	t.Cleanup(func() {
		in.Close() //nolint:errcheck // it ends the program, which is waited for
		reading.Wait()
		if err := c.Wait(); err != nil || t.Failed() {
			t.Logf("the listener ended with %v and said %s", err, said.String())
		}
	})
	return lines
}

func line(t *testing.T, lines <-chan string) string {
	t.Helper()
	select {
	case s, ok := <-lines:
		if !ok {
			t.Fatal("the listener ended")
		}
		return s
	case <-time.After(time.Minute):
		t.Fatal("the listener hears nothing")
	}
	return ""
}

// TestOpenStacksOwnListenerHearsANetworkBeingMade is the promise that collectors written for OpenStack need no change: a real
// RabbitMQ, and oslo.messaging as Debian packages it.
func TestOpenStacksOwnListenerHearsANetworkBeingMade(t *testing.T) {
	server := rabbitmqtest.Start(t)
	lines := listen(t, fmt.Sprintf("rabbit://%s:%s@127.0.0.1:%d//", server.User, server.Password, server.Port))
	if first := line(t, lines); first != `"ready"` {
		t.Fatalf("the listener says %s", first)
	}
	quiet := slog.New(slog.NewTextHandler(io.Discard, nil))
	bus, err := transport.Open(t.Context(), server.Address(""), quiet)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := bus.Close(); err != nil {
			t.Error(err)
		}
	})
	c := newCloud(t)
	publish(t, &oslo.Publisher{
		Service: "neutron", DB: c.db.DB, Bus: &messaging.Bus{Transport: bus}, Host: "host-1", Owner: "a", Log: quiet,
		Topics:    map[oslo.Topic][]string{oslo.Unversioned: {"notifications"}},
		Translate: (&notification.Translator{API: c.api}).Translate,
	})
	network := c.do("POST", "networks", `{"network":{"name":"n1"}}`)
	for {
		var heard [5]json.RawMessage
		text := line(t, lines)
		if err := json.Unmarshal([]byte(text), &heard); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if string(heard[2]) != `"network.create.end"` {
			continue
		}
		var context struct {
			User string `json:"user_id"`
		}
		var payload struct {
			Network map[string]any `json:"network"`
		}
		if json.Unmarshal(heard[0], &context) != nil || json.Unmarshal(heard[3], &payload) != nil ||
			context.User != "root" || string(heard[1]) != `"network.host-1"` || payload.Network["id"] != network["id"] {
			t.Errorf("it heard %s", text)
		}
		return
	}
}

// publish runs a publisher until the test ends, once it has its place in the log.
func publish(t *testing.T, p *oslo.Publisher) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		if err := p.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() { cancel(); running.Wait() })
	for n := 0; n == 0; {
		if err := p.DB.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM relays").Scan(&n); err != nil {
			t.Fatal(err)
		}
	}
}
