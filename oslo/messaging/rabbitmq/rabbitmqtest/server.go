package rabbitmqtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"cumulet/oslo/service/servicetest"

	amqp "github.com/rabbitmq/amqp091-go"
)

// binary is where Debian's rabbitmq-server has the broker itself; the one in the path would change to the user rabbitmq.
const binary = "/usr/lib/rabbitmq/bin/rabbitmq-server"

// patience bounds a start or a stop, on a machine that has other things to do.
const patience = 2 * time.Minute

// Server is a RabbitMQ node.
type Server struct {
	// Host and Port are where it speaks AMQP; User and Password are the administrator's.
	Host           string
	Port           int
	User, Password string

	dir     string
	mapper  *exec.Cmd
	mapping int
	node    *exec.Cmd
}

// Start starts a node that is stopped when the test ends; it skips the test where RabbitMQ is not installed.
func Start(t testing.TB) *Server {
	t.Helper()
	return StartOn(t, "127.0.0.1")
}

// StartOn starts a node that listens on an address of this machine.
func StartOn(t testing.TB, host string) *Server {
	t.Helper()
	if _, err := os.Stat(binary); err != nil {
		t.Skip("RabbitMQ is not installed: Debian has it as rabbitmq-server")
	}
	if os.Getuid() != 0 {
		t.Skip("RabbitMQ as packaged is run by root only")
	}
	s := &Server{Host: host, Port: servicetest.Port(t), mapping: servicetest.Port(t), User: "cumulet", Password: "test-only", dir: t.TempDir()}
	s.mapper = s.command("/usr/bin/epmd", "-address", "127.0.0.1", "-port", fmt.Sprint(s.mapping))
	if err := s.mapper.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := end(s.mapper, syscall.SIGKILL); err != nil {
			t.Error(err)
		}
	})
	if err := s.configure(t); err != nil {
		t.Fatal(err)
	}
	s.Restart(t)
	t.Cleanup(func() { s.Kill(t) })
	return s
}

// Address is the node's, with the options that follow a question mark.
func (s *Server) Address(options string) string {
	return fmt.Sprintf("amqp://%s:%s@%s:%d?%s", s.User, s.Password, s.Host, s.Port, options)
}

// Kill ends the node at once, as a power failure would.
func (s *Server) Kill(t testing.TB) {
	t.Helper()
	if s.node == nil {
		return
	}
	if err := end(s.node, syscall.SIGKILL); err != nil {
		t.Error(err)
	}
	s.node = nil
}

// Restart starts the node after Kill and waits until it takes connections.
func (s *Server) Restart(t testing.TB) {
	t.Helper()
	s.node = s.command(binary)
	if err := s.node.Start(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := s.wait(ctx); err != nil {
		said, _ := os.ReadFile(filepath.Join(s.dir, "log"))
		t.Fatalf("RabbitMQ does not come up: %v\n%s", err, said)
	}
}

func (s *Server) wait(ctx context.Context) error {
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for {
		c, err := amqp.Dial(s.Address(""))
		if err == nil {
			return c.Close()
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		}
	}
}

func (s *Server) configure(t testing.TB) error {
	settings := fmt.Sprintf(`listeners.tcp.1 = %s:%d
default_user = %s
default_pass = %s
disk_free_limit.absolute = 50MB
vm_memory_high_watermark.absolute = 1GB
log.console = false
log.file.level = warning
`, s.Host, s.Port, s.User, s.Password)
	environment := fmt.Sprintf(`NODENAME=cumulet%d@localhost
DIST_PORT=%d
`, s.Port, servicetest.Port(t))
	return errors.Join(
		os.WriteFile(filepath.Join(s.dir, "rabbitmq.conf"), []byte(settings), 0o600),
		os.WriteFile(filepath.Join(s.dir, "environment"), []byte(environment), 0o600),
		os.WriteFile(filepath.Join(s.dir, "plugins"), []byte("[].\n"), 0o600),
	)
}

// command is a program in the node's surroundings, in a process group of its own that dies with the test.
func (s *Server) command(program string, arguments ...string) *exec.Cmd {
	c := exec.Command(program, arguments...)
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.Env = []string{
		"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8", "HOME=" + s.dir,
		"RABBITMQ_CONF_ENV_FILE=" + filepath.Join(s.dir, "environment"),
		"RABBITMQ_CONFIG_FILE=" + filepath.Join(s.dir, "rabbitmq"),
		"RABBITMQ_MNESIA_BASE=" + filepath.Join(s.dir, "mnesia"),
		"RABBITMQ_LOG_BASE=" + s.dir, "RABBITMQ_LOGS=" + filepath.Join(s.dir, "log"),
		"RABBITMQ_ENABLED_PLUGINS_FILE=" + filepath.Join(s.dir, "plugins"),
		"RABBITMQ_PID_FILE=" + filepath.Join(s.dir, "pid"),
		"ERL_EPMD_ADDRESS=127.0.0.1", "ERL_EPMD_PORT=" + fmt.Sprint(s.mapping),
		"RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=-kernel inet_dist_use_interface {127,0,0,1}",
	}
	return c
}

// end ends a program with all it started, and waits for it.
func end(c *exec.Cmd, with syscall.Signal) error {
	if err := syscall.Kill(-c.Process.Pid, with); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("end %s: %w", filepath.Base(c.Path), err)
	}
	err := c.Wait()
	var left *exec.ExitError
	if err != nil && !errors.As(err, &left) && !strings.Contains(err.Error(), "wait") {
		return err
	}
	return nil
}
