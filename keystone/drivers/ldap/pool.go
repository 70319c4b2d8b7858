package ldap

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/go-ldap/ldap/v3"

	"cumulet/oslo/fault"
)

// pool lends connections, so many at once, and keeps those that came back for the next.
type pool struct {
	poolOptions
	// open makes a connection that serves at once.
	open       func(context.Context) (*ldap.Conn, error)
	retries    int
	retryDelay time.Duration

	places chan struct{} // as many as connections may be lent

	mu     sync.Mutex
	idle   []pooled
	closed bool
	// failed is why no connection could be made at failedAt.
	failed   error
	failedAt time.Time
}

type pooled struct {
	*ldap.Conn
	since time.Time
	used  bool // by somebody before
}

// pause is how long a directory that could not be reached is not tried again: many who ask shall not each wait.
const pause = time.Second

func newPool(o poolOptions, open func(context.Context) (*ldap.Conn, error), retries int, delay time.Duration) *pool {
	return &pool{poolOptions: o, open: open, retries: retries, retryDelay: delay, places: make(chan struct{}, o.size)}
}

// with lends a connection to do. Where one that was kept turns out to be dead, as after the server's restart, do is done again on
// another.
func (p *pool) with(ctx context.Context, do func(*ldap.Conn) error) error {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	select {
	case p.places <- struct{}{}:
		defer func() { <-p.places }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	for {
		c, err := p.take(ctx)
		if err != nil {
			return err
		}
		stop := context.AfterFunc(ctx, func() { _ = c.Close() }) // a question that nobody waits for any more
		err = do(c.Conn)
		if !stop() {
			_ = c.Close() // closed already, or about to be
			return errors.Join(err, context.Cause(ctx))
		}
		broken := isBroken(err)
		p.giveBack(c, broken)
		if !broken || !c.used || fault.Of(err) != nil {
			return err
		}
	}
}

// isBroken tells whether an error is of the connection, and not the directory's answer.
func isBroken(err error) bool {
	var answer *ldap.Error
	return err != nil && (!errors.As(err, &answer) ||
		ldap.IsErrorAnyOf(err, ldap.ErrorNetwork, ldap.ErrorUnexpectedMessage, ldap.ErrorUnexpectedResponse))
}

// take takes a kept connection or opens one.
func (p *pool) take(ctx context.Context) (pooled, error) {
	for {
		c, ok, err := p.kept()
		if err != nil {
			return c, err
		}
		if !ok {
			return p.fresh(ctx)
		}
		if !c.IsClosing() && time.Since(c.since) < p.lifetime {
			c.used = true
			return c, nil
		}
		_ = c.Close() // too old
	}
}

func (p *pool) kept() (c pooled, ok bool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.idle) > 0 {
		c, p.idle = p.idle[len(p.idle)-1], p.idle[:len(p.idle)-1]
		return c, true, nil
	}
	if p.failed != nil && time.Since(p.failedAt) < pause {
		return c, false, p.failed
	}
	return c, false, nil
}

// fresh opens a connection, trying again as often as is configured.
func (p *pool) fresh(ctx context.Context) (pooled, error) {
	var conn *ldap.Conn
	var err error
	for try := 0; ; try++ {
		if conn, err = p.open(ctx); err == nil || try >= p.retries || ctx.Err() != nil || !isBroken(err) {
			break
		}
		select {
		case <-time.After(p.retryDelay):
		case <-ctx.Done():
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.failed = nil
	if err != nil && context.Cause(ctx) != context.Canceled { // a caller who left says nothing of the directory
		p.failed, p.failedAt = err, time.Now()
	}
	return pooled{Conn: conn, since: time.Now()}, err
}

func (p *pool) giveBack(c pooled, broken bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if broken || p.closed || !p.keep {
		_ = c.Close() // it has done its work
		return
	}
	p.idle = append(p.idle, c)
}

// close closes what is kept, and what is lent once it comes back.
func (p *pool) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.idle {
		_ = c.Close() // it is at rest
	}
	p.idle, p.closed = nil, true
}
