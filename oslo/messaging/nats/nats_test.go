package nats_test

import (
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"

	"cumulet/oslo/messaging"
	"cumulet/oslo/messaging/messagingtest"
	"cumulet/oslo/messaging/nats"
	"cumulet/oslo/service/servicetest"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

func open(t testing.TB, address string) *nats.Transport {
	t.Helper()
	transport, err := nats.Open(t.Context(), address, quiet())
	if err != nil {
		t.Fatal(err)
	}
	return transport
}

// start starts a server that listens, which is stopped when the test ends.
func start(t testing.TB) (hosts string) {
	t.Helper()
	at := fmt.Sprintf("127.0.0.1:%d", servicetest.Port(t))
	server := open(t, "nats://u:secret@embedded?prefix=owner&dir="+t.TempDir()+"&listen="+at)
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return "u:secret@" + at
}

func TestServerElsewhereKeepsTheContract(t *testing.T) {
	hosts := start(t)
	var places atomic.Int32
	t.Run("contract", func(t *testing.T) {
		messagingtest.Run(t, func(*testing.T) messagingtest.Broker {
			address := fmt.Sprintf("nats://%s?queue_length=2000&silence=1s&store_mb=16&prefix=p%d", hosts, places.Add(1))
			return messagingtest.Broker{Keeps: true, Open: func(t *testing.T) messaging.Transport { return open(t, address) }}
		})
	})
}

func TestEmbeddedServerKeepsTheContract(t *testing.T) {
	messagingtest.Run(t, func(t *testing.T) messagingtest.Broker {
		transport := open(t, "nats://embedded?queue_length=2000")
		t.Cleanup(func() { transport.Close() }) // where the suite skips
		return messagingtest.Broker{Open: func(*testing.T) messaging.Transport { return transport }}
	})
}

func TestRestartOfTheServerIsOvercome(t *testing.T) {
	at, dir := fmt.Sprintf("127.0.0.1:%d", servicetest.Port(t)), t.TempDir()
	serverAt := "nats://u:secret@embedded?prefix=owner&dir=" + dir + "&listen=" + at
	server := open(t, serverAt)
	t.Cleanup(func() { server.Close() })
	messagingtest.RunRestart(t, messagingtest.Broker{
		Open: func(t *testing.T) messaging.Transport { return open(t, "nats://u:secret@"+at+"?silence=1s") },
		Restart: func(t *testing.T, while func()) {
			if err := server.Close(); err != nil {
				t.Error(err)
			}
			while()
			server = open(t, serverAt)
		},
	})
}

func TestAddressNeverShowsItsPassword(t *testing.T) {
	for _, address := range []string{"nats://u:s3cret@%zz", "nats://u:s3cret@h?nosuch=1", "nats://u:s3cret@h?silence=no", "nats://u:s3cret@,"} {
		if _, err := nats.Open(t.Context(), address, quiet()); err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func BenchmarkEmbeddedInMemory(b *testing.B) { messagingtest.Bench(b, open(b, "nats://embedded")) }

func BenchmarkEmbeddedWithFiles(b *testing.B) {
	messagingtest.Bench(b, open(b, "nats://embedded?dir="+b.TempDir()))
}

func BenchmarkServerElsewhere(b *testing.B) { messagingtest.Bench(b, open(b, "nats://"+start(b))) }
