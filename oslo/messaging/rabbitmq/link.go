package rabbitmq

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"sync"

	amqp "github.com/rabbitmq/amqp091-go"

	"cumulet/oslo/messaging/broker"
)

// link is a connection that is made anew whenever it is lost.
type link struct {
	options
	log *slog.Logger

	mu      sync.Mutex
	conn    *amqp.Connection // nil while there is none
	blocked bool             // the broker is short of memory or disk and takes nothing
	changed chan struct{}    // closed and made anew at every change
	last    error            // why there is no connection
}

// first tries once to connect. An error is what further tries do not mend; the broker being away is none.
func (l *link) first(ctx context.Context) error {
	conn, err := l.dial(ctx, 0)
	if err == nil {
		l.set(conn, nil)
		return nil
	}
	var certificate *tls.CertificateVerificationError
	if errors.Is(err, amqp.ErrCredentials) || errors.Is(err, amqp.ErrVhost) || errors.Is(err, amqp.ErrSASL) || errors.As(err, &certificate) {
		return err
	}
	l.log.WarnContext(ctx, "message broker is away", "broker", l.address, "error", err)
	l.set(nil, err)
	return nil
}

// keep keeps the connection until ctx ends.
func (l *link) keep(ctx context.Context) {
	for try := 1; ctx.Err() == nil; try++ {
		if conn := l.current(); conn != nil {
			try = 0
			l.watch(ctx, conn)
			continue
		}
		if !broker.Pause(ctx, try) {
			return
		}
		conn, err := l.dial(ctx, try)
		if err == nil {
			l.log.InfoContext(ctx, "message broker is back", "broker", l.address)
		} else if l.lastError() == nil || l.lastError().Error() != err.Error() {
			l.log.WarnContext(ctx, "message broker is away", "broker", l.address, "error", err)
		}
		l.set(conn, err)
	}
}

// watch waits until the connection is lost, or ctx ends and it is closed.
func (l *link) watch(ctx context.Context, conn *amqp.Connection) {
	lost := conn.NotifyClose(make(chan *amqp.Error, 1))
	blocked := conn.NotifyBlocked(make(chan amqp.Blocking, 1))
	for {
		select {
		case b, ok := <-blocked:
			if !ok {
				blocked = nil
				continue
			}
			l.log.WarnContext(ctx, "message broker takes nothing", "broker", l.address, "blocked", b.Active, "reason", b.Reason)
			l.block(b.Active)
		case err := <-lost:
			if ctx.Err() == nil {
				l.log.WarnContext(ctx, "message broker is away", "broker", l.address, "error", err)
			}
			l.set(nil, errors.New("the connection is lost"))
			return
		case <-ctx.Done():
			l.set(nil, broker.Closed())
			if err := conn.CloseDeadline(soon()); err != nil && !errors.Is(err, amqp.ErrClosed) {
				l.log.DebugContext(ctx, "the connection did not close in peace", "error", err)
			}
			return
		}
	}
}

func (l *link) current() *amqp.Connection {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.conn
}

func (l *link) lastError() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last
}

func (l *link) change() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.changed
}

func (l *link) set(conn *amqp.Connection, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.conn, l.last, l.blocked = conn, err, false
	close(l.changed)
	l.changed = make(chan struct{})
}

func (l *link) block(blocked bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.blocked = blocked
	close(l.changed)
	l.changed = make(chan struct{})
}

// errFull is why a sender waits: the queue or the broker takes no more.
var errFull = errors.New("the broker takes no more")

// connection waits for a connection on which the broker takes messages; with ctx's end it says why there is none.
func (l *link) connection(ctx context.Context) (*amqp.Connection, error) {
	for {
		l.mu.Lock()
		conn, blocked, changed, last := l.conn, l.blocked, l.changed, l.last
		l.mu.Unlock()
		if conn != nil && !blocked {
			return conn, nil
		}
		if blocked {
			last = errFull
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, last
		}
	}
}
