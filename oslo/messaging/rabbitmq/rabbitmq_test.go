package rabbitmq_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"

	"cumulet/oslo/messaging"
	"cumulet/oslo/messaging/messagingtest"
	"cumulet/oslo/messaging/rabbitmq"
	"cumulet/oslo/messaging/rabbitmq/rabbitmqtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

func open(t testing.TB, address string) *rabbitmq.Transport {
	t.Helper()
	transport, err := rabbitmq.Open(t.Context(), address, quiet())
	if err != nil {
		t.Fatal(err)
	}
	return transport
}

// TestRabbitMQ has one server for all that needs one: it takes seconds to start.
func TestRabbitMQ(t *testing.T) {
	server := rabbitmqtest.Start(t)
	var places atomic.Int32
	place := func(t *testing.T, options string) messagingtest.Broker {
		address := server.Address(fmt.Sprintf("queue_length=2000&silence=1s&prefix=p%d%s", places.Add(1), options))
		return messagingtest.Broker{Keeps: true, Open: func(t *testing.T) messaging.Transport { return open(t, address) }}
	}
	restarted := place(t, "")
	beServed(t, restarted.Open(t), "unserved") // long before the kill: see the package's text on queues that are just made
	t.Run("Classic", func(t *testing.T) {
		messagingtest.Run(t, func(t *testing.T) messagingtest.Broker { return place(t, "") })
	})
	t.Run("WrongPasswordIsRefusedAtOnce", func(t *testing.T) {
		address := strings.Replace(server.Address(""), server.Password, "s3cret", 1)
		if _, err := rabbitmq.Open(t.Context(), address, quiet()); err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("it is %v", err)
		}
	})
	t.Run("RestartOfTheServerIsOvercome", func(t *testing.T) {
		restarted.Restart = func(t *testing.T, while func()) {
			server.Kill(t)
			while()
			server.Restart(t)
		}
		messagingtest.RunRestart(t, restarted)
	})
}

// beServed has a server listen on a topic, and go again.
func beServed(t *testing.T, transport messaging.Transport, topic string) {
	t.Helper()
	ctx, ready := context.WithCancel(t.Context())
	err := transport.Listen(ctx, topic, "", 1, ready, func(_ context.Context, m messaging.Envelope) messaging.Envelope { return m })
	if err := errors.Join(err, transport.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestAddressNeverShowsItsPassword(t *testing.T) {
	for _, address := range []string{"amqp://u:s3cret@%zz?x", "amqp://u:s3cret@h?queue_type=x", "amqps://u:s3cret@h?cacertfile=/none"} {
		if _, err := rabbitmq.Open(t.Context(), address, quiet()); err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func BenchmarkRabbitMQ(b *testing.B) {
	messagingtest.Bench(b, open(b, rabbitmqtest.Start(b).Address("")))
}
