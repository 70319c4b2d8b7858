package servicetest

import (
	"fmt"
	"net"
	"testing"
)

func TestAPortIsOneTestsUntilItEnds(t *testing.T) {
	var port int
	t.Run("holds", func(t *testing.T) {
		port = Port(t)
		if held, err := net.Listen("unix", fmt.Sprintf("@cumulet-test-port-%d", port)); err == nil {
			t.Errorf("another process could be given port %d", port)
			_ = held.Close()
		}
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			t.Fatalf("who was given the port cannot listen on it: %v", err)
		}
		_ = l.Close()
	})
	held, err := net.Listen("unix", fmt.Sprintf("@cumulet-test-port-%d", port))
	if err != nil {
		t.Fatalf("the port was not given back: %v", err)
	}
	_ = held.Close()
}
