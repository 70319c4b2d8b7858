package rabbitmq

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"strconv"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"cumulet/oslo/messaging/broker"
)

// dialTimeout bounds one try to connect.
const dialTimeout = 10 * time.Second

// options are what an address says.
type options struct {
	address broker.Address
	limits  broker.Limits
	tls     *tls.Config // nil: without
	quorum  bool
	durable bool // notifications outlive a restart of the broker
}

func parse(text string) (options, error) {
	a, err := broker.ParseAddress(text)
	if err != nil {
		return options{}, err
	}
	if err := a.Only("queue_type", "amqp_durable_queues"); err != nil {
		return options{}, err
	}
	o := options{address: a}
	if o.limits, err = a.Limits(); err != nil {
		return options{}, err
	}
	if a.Scheme == "amqps" {
		if o.tls, err = a.TLS(); err != nil {
			return options{}, err
		}
	}
	switch kind := a.Options.Get("queue_type"); kind {
	case "", "classic":
	case "quorum":
		o.quorum = true
	default:
		return options{}, fmt.Errorf("broker address: queue_type %q is neither classic nor quorum", kind)
	}
	if text := a.Options.Get("amqp_durable_queues"); text != "" {
		if o.durable, err = strconv.ParseBool(text); err != nil {
			return options{}, fmt.Errorf("broker address: amqp_durable_queues %q is neither true nor false", text)
		}
	}
	return o, nil
}

// dial connects to one of the hosts, another with every try.
func (o options) dial(ctx context.Context, try int) (*amqp.Connection, error) {
	port, scheme := "5672", "amqp"
	if o.tls != nil {
		port, scheme = "5671", "amqps"
	}
	hosts := o.address.WithPort(port)
	user, password := o.address.User, o.address.Password
	if user == "" {
		user, password = "guest", "guest"
	}
	vhost := o.address.Path
	if vhost == "" {
		vhost = "/"
	}
	properties := amqp.NewConnectionProperties()
	properties.SetClientConnectionName("cumulet")
	return amqp.DialConfig(scheme+"://"+hosts[try%len(hosts)], amqp.Config{
		SASL: []amqp.Authentication{&amqp.PlainAuth{Username: user, Password: password}}, Vhost: vhost,
		Heartbeat: max(o.limits.Silence/2, time.Second), TLSClientConfig: o.tls, Properties: properties,
		Dial: func(network, address string) (net.Conn, error) {
			c, err := (&net.Dialer{Timeout: dialTimeout}).DialContext(ctx, network, address)
			if err != nil {
				return nil, err
			}
			// for TLS and the greeting; the library lifts it afterwards
			return c, c.SetDeadline(time.Now().Add(dialTimeout))
		},
	})
}
