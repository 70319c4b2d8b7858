package nats

import (
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"cumulet/oslo/messaging/broker"
)

// embedded is the host name that stands for a server in this process.
const embedded = "embedded"

// options are what an address says.
type options struct {
	address  broker.Address
	limits   broker.Limits
	replicas int
	storage  jetstream.StorageType
	store    int64 // bytes of casts at most; notifications have a quarter
}

func parse(text string) (options, error) {
	a, err := broker.ParseAddress(text)
	if err != nil {
		return options{}, err
	}
	if err := a.Only("dir", "listen", "creds", "replicas", "storage", "store_mb"); err != nil {
		return options{}, err
	}
	o := options{address: a, replicas: 1}
	if o.limits, err = a.Limits(); err != nil {
		return options{}, err
	}
	if text := a.Options.Get("replicas"); text != "" {
		if o.replicas, err = strconv.Atoi(text); err != nil || o.replicas < 1 || o.replicas > 5 {
			return options{}, fmt.Errorf("broker address: replicas %q is not 1 to 5", text)
		}
	}
	megabytes := 512
	if text := a.Options.Get("store_mb"); text != "" {
		if megabytes, err = strconv.Atoi(text); err != nil || megabytes < 16 {
			return options{}, fmt.Errorf("broker address: store_mb %q is no number of at least 16", text)
		}
	}
	switch storage := a.Options.Get("storage"); {
	case storage == "memory", storage == "" && o.embedded() && a.Options.Get("dir") == "":
		o.storage = jetstream.MemoryStorage
	case storage == "", storage == "file":
		o.storage = jetstream.FileStorage
	default:
		return options{}, fmt.Errorf("broker address: storage %q is neither file nor memory", storage)
	}
	if o.store = int64(megabytes) << 20; o.storage == jetstream.MemoryStorage && !a.Options.Has("store_mb") {
		o.store /= 8
	}
	return o, nil
}

func (o options) embedded() bool { return len(o.address.Hosts) == 1 && o.address.Hosts[0] == embedded }

// urls are the servers, without the password.
func (o options) urls() []string {
	scheme := "nats"
	if o.address.Scheme == "tls" {
		scheme = "tls"
	}
	hosts := o.address.WithPort("4222")
	for i, host := range hosts {
		hosts[i] = scheme + "://" + host
	}
	return hosts
}

// connect are the options of the connection: it is made anew for ever, and sends nothing late from a buffer.
func (o options) connect(log *slog.Logger, changed func()) ([]nats.Option, error) {
	list := []nats.Option{
		nats.Name("cumulet"), nats.Timeout(5 * time.Second),
		nats.RetryOnFailedConnect(true), nats.MaxReconnects(-1), nats.ReconnectBufSize(-1),
		nats.CustomReconnectDelay(func(tries int) time.Duration { return min(50*time.Millisecond<<min(tries, 8), 2*time.Second) }),
		nats.PingInterval(o.limits.Silence / 2), nats.MaxPingsOutstanding(2),
		nats.ConnectHandler(func(*nats.Conn) { changed() }),
		nats.ReconnectHandler(func(c *nats.Conn) { log.Info("message broker is back", "broker", o.address); changed() }),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				log.Warn("message broker is away", "broker", o.address, "error", err)
			}
			changed()
		}),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			log.Warn("message broker complains", "broker", o.address, "error", err)
		}),
	}
	if o.address.User != "" {
		list = append(list, nats.UserInfo(o.address.User, o.address.Password))
	}
	if file := o.address.Options.Get("creds"); file != "" {
		list = append(list, nats.UserCredentials(file))
	}
	if o.address.Scheme == "tls" {
		config, err := o.address.TLS()
		if err != nil {
			return nil, err
		}
		list = append(list, nats.Secure(config))
	}
	return list, nil
}
