package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"cumulet/oslo/config"
	"cumulet/oslo/db"
	"cumulet/oslo/flow"
	"cumulet/oslo/messaging"
	"cumulet/oslo/messaging/transport"
	"cumulet/oslo/notification"
	"cumulet/oslo/outbox"
)

// NotificationsConfig is the section notifications, as oslo.messaging's oslo_messaging_notifications.
type NotificationsConfig struct {
	Driver       string        `conf:"driver" doc:"messagingv2, which tells on the message bus what happens, or noop"`
	TransportURL config.Secret `conf:"transport_url" doc:"address of the message bus that is told, as bus; the cloud's own when empty"`
	Topics       []string      `conf:"topics" doc:"names under which notifications are told, each with its priority added: notifications.info"`
}

// The values of Driver.
const (
	notificationsOff = "noop"
	notificationsOn  = "messagingv2"
)

// defaultNotifications tells nothing, as upstream: most clouds have nobody who listens.
func defaultNotifications() NotificationsConfig {
	return NotificationsConfig{Driver: notificationsOff, Topics: []string{"notifications"}}
}

// Check refuses a driver that there is not.
func (c *NotificationsConfig) Check() error {
	if c.Driver != notificationsOff && c.Driver != notificationsOn {
		return fmt.Errorf("driver: %q is neither %s nor %s", c.Driver, notificationsOn, notificationsOff)
	}
	if c.Driver == notificationsOn && (len(c.Topics) == 0 || slices.Contains(c.Topics, "")) {
		return errors.New("topics: name at least one")
	}
	return nil
}

// notifies tells whether services tell what happens.
func (p *process) notifies() bool { return p.config.Notifications.Driver == notificationsOn }

// notifying tells a service's event log on the bus, beside the role that has the database. Versioned are the names of the topics of
// versioned notifications, which only nova has.
func (p *process) notifying(
	ctx context.Context, name string, d *db.DB, translate notification.Translate, versioned ...string,
) (func(context.Context) error, error) {
	if !p.notifies() {
		return func(ctx context.Context) error {
			if err := outbox.Drop(ctx, d, notification.RelayName); err != nil && ctx.Err() == nil {
				return err
			}
			<-ctx.Done()
			return nil
		}, nil
	}
	bus, err := p.notificationBus(ctx)
	if err != nil {
		return nil, err
	}
	publisher := &notification.Publisher{
		Service: name, DB: d, Bus: bus, Translate: translate, Host: p.config.Host, Owner: flow.Owner(p.config.Host), Log: p.log,
		Topics: map[notification.Topic][]string{
			notification.Unversioned: p.config.Notifications.Topics, notification.Versioned: versioned,
		},
	}
	return publisher.Run, nil
}

// notificationBus is where notifications go: the cloud's own bus, unless another is named.
func (p *process) notificationBus(ctx context.Context) (*messaging.Bus, error) {
	address := p.config.Notifications.TransportURL
	if address == "" {
		return p.bus, nil
	}
	if p.services.notificationBus == nil {
		line, err := transport.Open(ctx, address.Reveal(), p.log)
		if err != nil {
			return nil, fmt.Errorf("notifications.transport_url: %w", err)
		}
		p.closes(line)
		p.services.notificationBus = &messaging.Bus{Transport: line}
	}
	return p.services.notificationBus, nil
}
