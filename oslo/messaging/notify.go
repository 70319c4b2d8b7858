package messaging

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"cumulet/oslo/telemetry"
)

// IsNotification tells whether the target is a log of what happened rather than a queue of work: "notifications.info", or any
// topic that ends in a priority. When nobody collects it, it loses its oldest messages and holds no sender back.
func (t Target) IsNotification() bool {
	dot := strings.LastIndexByte(t.Topic, '.')
	return t.Host == "" && dot > 0 && slices.Contains(priorities(), t.Topic[dot+1:])
}

// priorities are oslo.messaging's; as oslo_messaging/notify/notifier.py.
func priorities() []string {
	return []string{"audit", "debug", "info", "warn", "error", "critical", "sample"}
}

// Notice is a notification as oslo.messaging's notifier lays it out, in JSON: message_id, publisher_id, event_type, priority,
// payload, timestamp. On RabbitMQ it is on the wire as OpenStack's own services put it there; see oslo/notification.
type Notice struct{ json.RawMessage }

// Method is that of every notification.
func (Notice) Method() string { return notify }

const notify = "notify"

// Notify tells n to whoever collects the topic ("notifications.info"), and returns once the broker has it. exchange is the
// telling service's, as upstream's control_exchange ("neutron"). Notifications are kept for a while and bounded: without a
// collector the oldest go. A collector is a Server of the topic that takes Notice.
func Notify(ctx context.Context, b *Bus, exchange, topic string, n Notice) error {
	return b.notify(ctx, exchange, topic, n)
}

func (b *Bus) notify(ctx context.Context, exchange, topic string, n Notice) (err error) {
	to := Topic(topic)
	if !to.IsNotification() {
		return fmt.Errorf("notify %s: the topic does not end in a priority", topic)
	}
	ctx, end := telemetry.Start(ctx, "bus.notify", slog.String("to", topic), slog.String("exchange", exchange))
	defer func() { end(err) }()
	return b.post(ctx, topic, n, func(ctx context.Context, m Envelope) error {
		m.Exchange = exchange
		_, err := b.Transport.Send(ctx, to, m, false)
		return err
	})
}
