package notification

import (
	"context"
	"fmt"
	"strings"

	"cumulet/oslo/fault"
	"cumulet/oslo/messaging"
)

// topic is where notifications of a priority go: "notifications.info".
func topic(name string, p Priority) string { return name + "." + strings.ToLower(string(p)) }

// send hands one notification to the broker. One that is too large for it is passed over: the log goes on.
func (p *Publisher) send(ctx context.Context, topic string, n messaging.Notice) error {
	err := messaging.Notify(ctx, p.Bus, p.Service, topic, n)
	if fault.Is(err, fault.TooLarge) {
		p.log().ErrorContext(ctx, "a notification is too large for the broker", "service", p.Service, "topic", topic, "error", err)
		return nil
	}
	if err != nil {
		return fmt.Errorf("publish on %s: %w", topic, err)
	}
	return nil
}
