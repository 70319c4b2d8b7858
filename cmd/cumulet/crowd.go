package main

import (
	ranks "container/list"
	"context"
	"net"
	"net/http"
	"sync"
	"syscall"
)

// crowd bounds how many connections a listener has, so that they never take the files that the process itself needs. When there
// is one too many, that one goes which has been without a request for longest; only when all have one goes who came last.
type crowd struct {
	most int

	mu     sync.Mutex
	guests map[net.Conn]*guest
	quiet  *ranks.List // of *guest without a request, the longest so first
}

// guest is one connection.
type guest struct {
	conn  net.Conn
	place *ranks.Element // among the quiet; nil while a request of it is answered
}

func newCrowd(most int) *crowd {
	return &crowd{most: most, guests: map[net.Conn]*guest{}, quiet: ranks.New()}
}

// connections is how many a process may have: three quarters of the files that it may open, which Go has raised to all it is
// allowed to raise to.
func connections() int {
	var files syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err != nil {
		return 512
	}
	return int(min(files.Cur, 1<<20) / 4 * 3)
}

// changed is an http.Server's ConnState.
func (c *crowd) changed(conn net.Conn, state http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch state {
	case http.StateNew:
		if len(c.guests) >= c.most && !c.dismiss() {
			conn.Close()
			return
		}
		g := &guest{conn: conn}
		g.place = c.quiet.PushBack(g)
		c.guests[conn] = g
	case http.StateIdle:
		if g := c.guests[conn]; g != nil && g.place != nil {
			c.quiet.MoveToBack(g.place)
		}
	case http.StateClosed, http.StateHijacked:
		if g := c.guests[conn]; g != nil {
			c.forget(g)
		}
	case http.StateActive: // its request is not read yet: guard tells
	}
}

// dismiss closes the connection that has been quiet for longest; false when none is.
func (c *crowd) dismiss() bool {
	first := c.quiet.Front()
	if first == nil {
		return false
	}
	g, _ := first.Value.(*guest)
	c.forget(g)
	g.conn.Close()
	return true
}

func (c *crowd) forget(g *guest) {
	delete(c.guests, g.conn)
	if g.place != nil {
		c.quiet.Remove(g.place)
		g.place = nil
	}
}

// connKey is the place of a request's connection in its context.
type connKey struct{}

// met is an http.Server's ConnContext.
func (c *crowd) met(ctx context.Context, conn net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, conn)
}

// guard tells which connections have a request that is answered.
func (c *crowd) guard(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, _ := r.Context().Value(connKey{}).(net.Conn)
		c.speaks(conn)
		defer c.fallsSilent(conn)
		h.ServeHTTP(w, r)
	})
}

func (c *crowd) speaks(conn net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if g := c.guests[conn]; g != nil && g.place != nil {
		c.quiet.Remove(g.place)
		g.place = nil
	}
}

func (c *crowd) fallsSilent(conn net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if g := c.guests[conn]; g != nil && g.place == nil {
		g.place = c.quiet.PushBack(g)
	}
}
