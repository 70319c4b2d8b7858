package servicetest

import (
	"os/exec"
	"sync"
	"syscall"
	"testing"
)

// Guard starts a command that ends when its standard input does: when it is stopped, or when this process dies, however it does.
func Guard(t testing.TB, c *exec.Cmd) (stop func()) {
	t.Helper()
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	pipe, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	return sync.OnceFunc(func() {
		if err := pipe.Close(); err != nil {
			t.Error(err)
		}
		_ = c.Wait() // whatever its status: it was told to end
	})
}
