package transport

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"cumulet/oslo/messaging"
	"cumulet/oslo/messaging/nats"
	"cumulet/oslo/messaging/rabbitmq"
)

// Open opens the transport of an address:
//
//	memory                                   this process only
//	nats://embedded?dir=…                    a NATS server in this process (oslo/messaging/nats)
//	nats://user:password@host:4222,host2     NATS; tls://… with TLS
//	amqp://user:password@host:5672/vhost     RabbitMQ (oslo/messaging/rabbitmq); amqps://… with TLS
//
// It does not wait for a broker that is away, but refuses what waiting does not mend: a malformed address, a wrong password.
// No error repeats the address's password.
func Open(ctx context.Context, address string, log *slog.Logger) (messaging.Transport, error) {
	if address == "memory" || address == "" {
		return messaging.NewMemory(), nil
	}
	scheme, _, ok := strings.Cut(address, "://")
	if !ok {
		return nil, errors.New("message bus: the address is neither memory nor nats://…, tls://…, amqp://… or amqps://…")
	}
	var t messaging.Transport
	var err error
	switch strings.ToLower(scheme) {
	case "nats", "tls":
		t, err = nats.Open(ctx, address, log)
	case "amqp", "amqps":
		t, err = rabbitmq.Open(ctx, address, log)
	default:
		return nil, fmt.Errorf("message bus: no transport speaks %s://", scheme)
	}
	if err != nil {
		return nil, fmt.Errorf("message bus: %w", err)
	}
	return t, nil
}
