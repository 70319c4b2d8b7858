package nats

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"cumulet/oslo/messaging/broker"
)

// embeddedServer is a server in this process.
type embeddedServer struct {
	*server.Server
	scratch string // a folder to remove when it stops
}

// start starts the embedded server.
func start(o options, log *slog.Logger) (*embeddedServer, error) {
	config, err := o.server()
	if err != nil {
		return nil, err
	}
	e := &embeddedServer{}
	if config.StoreDir == "" { // the server wants one all the same
		if e.scratch, err = os.MkdirTemp("", "cumulet-bus-"); err != nil {
			return nil, fmt.Errorf("start NATS server: %w", err)
		}
		config.StoreDir = e.scratch
	}
	told := &serverLog{log: log}
	if e.Server, err = server.NewServer(config); err != nil {
		return nil, errors.Join(fmt.Errorf("start NATS server: %w", err), os.RemoveAll(e.scratch))
	}
	e.SetLogger(told, false, false)
	e.Start()
	if fatal := told.fatal.Load(); fatal != nil {
		return nil, errors.Join(fmt.Errorf("start NATS server: %s", *fatal), e.stop())
	}
	if !e.ReadyForConnections(30 * time.Second) {
		return nil, errors.Join(errors.New("start NATS server: it does not become ready"), e.stop())
	}
	return e, nil
}

func (e *embeddedServer) stop() error {
	e.Shutdown()
	e.WaitForShutdown()
	return os.RemoveAll(e.scratch)
}

// server is the embedded server's configuration.
func (o options) server() (*server.Options, error) {
	config := &server.Options{
		ServerName: "cumulet", NoSigs: true, NoLog: true, DontListen: true,
		JetStream: true, StoreDir: o.address.Options.Get("dir"), MaxPayload: broker.MessageSize,
		JetStreamMaxMemory: 256 << 20, JetStreamMaxStore: 4 << 30,
	}
	if listen := o.address.Options.Get("listen"); listen != "" {
		host, port, err := net.SplitHostPort(listen)
		if err != nil {
			return nil, fmt.Errorf("broker address: listen: %w", err)
		}
		if config.Port, err = strconv.Atoi(port); err != nil {
			return nil, fmt.Errorf("broker address: listen: port %q is no number", port)
		}
		if o.address.User == "" || o.address.Password == "" {
			return nil, errors.New("broker address: a server that listens needs a user and a password")
		}
		config.Host, config.DontListen = host, false
		config.Username, config.Password = o.address.User, o.address.Password
		if o.address.Options.Has("certfile") {
			if config.TLSConfig, err = o.address.TLS(); err != nil {
				return nil, err
			}
			config.TLS = true
		}
	}
	return config, nil
}

// serverLog passes on what the embedded server complains about, and keeps what it would exit for.
type serverLog struct {
	log   *slog.Logger
	fatal atomic.Pointer[string]
}

// Noticef logs the server's news where debugging is wanted.
func (l *serverLog) Noticef(format string, v ...any) {
	l.log.Debug("NATS server: " + fmt.Sprintf(format, v...))
}

// Warnf logs a warning; that the password is no hash is none, since it comes from the address.
func (l *serverLog) Warnf(format string, v ...any) {
	if text := fmt.Sprintf(format, v...); !strings.HasPrefix(text, "Plaintext passwords") {
		l.log.Warn("NATS server: " + text)
	}
}

// Errorf logs an error.
func (l *serverLog) Errorf(format string, v ...any) {
	l.log.Error("NATS server: " + fmt.Sprintf(format, v...))
}

// Fatalf keeps what the server could not start for.
func (l *serverLog) Fatalf(format string, v ...any) {
	text := fmt.Sprintf(format, v...)
	l.fatal.CompareAndSwap(nil, &text)
}

// Debugf says nothing.
func (l *serverLog) Debugf(string, ...any) {}

// Tracef says nothing.
func (l *serverLog) Tracef(string, ...any) {}
