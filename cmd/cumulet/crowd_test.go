package main

import (
	"net"
	"net/http"
	"testing"
)

// guestAt is a connection that knows whether it is closed.
type guestAt struct {
	net.Conn
	closed bool
}

func (g *guestAt) Close() error {
	g.closed = true
	return nil
}

// TestWhoIsQuietLongestLeavesACrowd holds that a newcomer is let in for who has been without a request for longest, and that
// nobody whose request is answered has to go.
func TestWhoIsQuietLongestLeavesACrowd(t *testing.T) {
	t.Parallel()
	c := newCrowd(3)
	come := func() *guestAt {
		g := &guestAt{}
		c.changed(g, http.StateNew)
		return g
	}
	first, second, third := come(), come(), come()
	c.speaks(first)
	c.changed(second, http.StateIdle) // it has asked before, and has been quiet for less long than the third
	fourth := come()
	if first.closed || second.closed || !third.closed || fourth.closed {
		t.Errorf("left: %t %t %t %t", first.closed, second.closed, third.closed, fourth.closed)
	}
	c.changed(third, http.StateClosed) // as the server tells in its own time
	c.speaks(second)
	c.speaks(fourth)
	if last := come(); !last.closed {
		t.Error("there is room where all speak")
	}
	c.fallsSilent(first)
	if next := come(); next.closed || !first.closed {
		t.Error("who fell silent stays")
	}
	c.changed(second, http.StateClosed)
	c.changed(fourth, http.StateHijacked)
	if len(c.guests) != 1 || c.quiet.Len() != 1 {
		t.Errorf("%d guests, %d quiet", len(c.guests), c.quiet.Len())
	}
}
