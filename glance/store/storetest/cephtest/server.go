// Package cephtest starts a Ceph for tests: one monitor and one OSD on a file, on loopback and with all its data in a
// temporary folder.
package cephtest

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"cumulet/oslo/service/servicetest"
)

// Pool is there from the beginning, and User may use it.
const (
	Pool = "images"
	User = "glance"
)

// Server is a Ceph.
type Server struct {
	// Conf is its ceph.conf, which leads to the keys of User and of admin.
	Conf string

	folder string
}

// patience bounds how long the server may take to start.
const patience = 2 * time.Minute

// Start starts a Ceph that ends with the test, or skips the test where there is none.
func Start(t testing.TB) *Server {
	t.Helper()
	for program, pack := range map[string]string{"ceph-mon": "ceph-mon", "ceph-osd": "ceph-osd", "ceph": "ceph-common", "rbd": "ceph-common"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("no %s on this machine: install Debian's package %s", program, pack)
		}
	}
	// Sockets lie there, whose paths must be short.
	folder, err := os.MkdirTemp("", "ceph")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(folder); err != nil {
			t.Error(err)
		}
	})
	s := &Server{folder: folder, Conf: filepath.Join(folder, "ceph.conf")}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := s.start(ctx, t); err != nil {
		t.Fatal(err)
	}
	return s
}

// Run runs a command of Ceph's as its administrator.
func (s *Server) Run(ctx context.Context, program string, arguments ...string) (string, error) {
	return s.run(ctx, "", append([]string{program, "-c", s.Conf}, arguments...)...)
}

func (s *Server) run(ctx context.Context, input string, command ...string) (string, error) {
	c := exec.CommandContext(ctx, command[0], command[1:]...)
	c.Dir, c.Stdin = s.folder, strings.NewReader(input)
	out, err := c.Output()
	if err != nil {
		said := ""
		if failed, ok := err.(*exec.ExitError); ok {
			said = string(failed.Stderr)
		}
		return "", fmt.Errorf("%s: %w: %s", strings.Join(command, " "), err, said)
	}
	return string(out), nil
}

func (s *Server) start(ctx context.Context, t testing.TB) error {
	t.Helper()
	id, address, err := uuid.NewString(), "", error(nil)
	if address, err = free(); err != nil {
		return err
	}
	for _, dir := range []string{"mon", "osd", "run"} {
		if err := os.Mkdir(filepath.Join(s.folder, dir), 0o755); err != nil {
			return err
		}
	}
	if err := os.WriteFile(s.Conf, []byte(s.conf(id, address)), 0o644); err != nil {
		return err
	}
	for _, command := range [][]string{
		{"ceph-authtool", "--create-keyring", "mon.keyring", "--gen-key", "-n", "mon.", "--cap", "mon", "allow *"},
		{"ceph-authtool", "--create-keyring", "client.admin.keyring", "--gen-key", "-n", "client.admin", "--cap", "mon", "allow *", "--cap", "osd", "allow *"},
		{"ceph-authtool", "mon.keyring", "--import-keyring", "client.admin.keyring"},
		{"monmaptool", "--create", "--fsid", id, "--addv", "a", "[v2:" + address + "/0]", "monmap"},
		{"ceph-mon", "-c", s.Conf, "--mkfs", "-i", "a", "--monmap", "monmap", "--keyring", "mon.keyring"},
	} {
		if _, err := s.run(ctx, "", command...); err != nil {
			return err
		}
	}
	s.daemon(t, "ceph-mon", "-c", s.Conf, "-f", "-i", "a")
	disk := uuid.NewString()
	key, err := s.run(ctx, "", "ceph-authtool", "--gen-print-key")
	if err != nil {
		return err
	}
	key = strings.TrimSpace(key)
	if _, err := s.run(ctx, `{"cephx_secret": "`+key+`"}`, "ceph", "-c", s.Conf, "osd", "new", disk, "-i", "-"); err != nil {
		return err
	}
	if _, err := s.run(ctx, "", "ceph-authtool", "--create-keyring", "osd/keyring", "--name", "osd.0", "--add-key", key); err != nil {
		return err
	}
	if _, err := s.Run(ctx, "ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", disk, "--osd-objectstore", "bluestore"); err != nil {
		return err
	}
	s.daemon(t, "ceph-osd", "-c", s.Conf, "-f", "-i", "0", "--osd-objectstore", "bluestore")
	// Commands wait until the cluster can do them.
	for _, command := range [][]string{
		{"ceph", "osd", "pool", "create", Pool, "8"},
		{"rbd", "pool", "init", Pool},
		{"ceph", "auth", "get-or-create", "client." + User, "mon", "profile rbd", "osd", "profile rbd pool=" + Pool, "-o", "client." + User + ".keyring"},
	} {
		if _, err := s.Run(ctx, command[0], command[1:]...); err != nil {
			return err
		}
	}
	return nil
}

// daemon starts a daemon that ends with a pipe, also when this process is killed.
func (s *Server) daemon(t testing.TB, command ...string) {
	t.Helper()
	guard := exec.Command("bash", append([]string{"-c", `"$@" < /dev/null >> "$0/log" 2>&1 & cat; kill -KILL $!; wait $!`, s.folder}, command...)...)
	guard.Dir = s.folder
	t.Cleanup(servicetest.Guard(t, guard))
}

// conf is for a cluster of one: no replicas, no manager, little memory.
func (s *Server) conf(id, address string) string {
	return strings.NewReplacer("ID", id, "ADDRESS", address, "DIR", s.folder).Replace(`[global]
fsid = ID
mon initial members = a
mon host = [v2:ADDRESS/0]
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
auth allow insecure global id reclaim = false
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
mon allow pool size one = true
osd crush chooseleaf type = 0
keyring = DIR/$name.keyring
run dir = DIR/run
log file = DIR/run/$name.log
admin socket = DIR/run/$name.$pid.asok
pid file = DIR/run/$name.pid
osd memory target = 939524096
bluestore block size = 4294967296
bluestore block db create = false
bluestore block wal create = false
mon data avail crit = 1
mon data avail warn = 1
rbd validate pool = false
[mon.a]
mon data = DIR/mon
keyring = DIR/mon/keyring
[osd.0]
osd data = DIR/osd
keyring = DIR/osd/keyring
public addr = 127.0.0.1
cluster addr = 127.0.0.1
`)
}

// free is an address that nobody listens on.
func free() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}
