package transport_test

import (
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"

	"cumulet/oslo/messaging/transport"
)

func TestAddressChoosesTheTransport(t *testing.T) {
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	for address, want := range map[string]string{
		"": "*messaging.Memory", "memory": "*messaging.Memory",
		"nats://embedded": "*nats.Transport", "nats://u:p@127.0.0.1:1": "*nats.Transport",
		"amqp://u:p@127.0.0.1:1/vhost": "*rabbitmq.Transport",
	} {
		opened, err := transport.Open(t.Context(), address, log)
		if err != nil {
			t.Errorf("%s: %v", address, err)
			continue
		}
		if got := fmt.Sprintf("%T", opened); got != want {
			t.Errorf("%s opens %s", address, got)
		}
		if err := opened.Close(); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
	for _, address := range []string{"rabbit", "kafka://u:s3cret@h", "u:s3cret@h", "nats://u:s3cret@h?x=y", "amqp://u:s3cret@"} {
		if _, err := transport.Open(t.Context(), address, log); err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", address, err)
		}
	}
}
