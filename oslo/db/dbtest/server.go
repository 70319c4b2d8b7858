package dbtest

import (
	"context"
	"database/sql"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"

	"cumulet/oslo/service/servicetest"
)

// kind is a sort of database server.
type kind struct {
	name, pack string // pack is the Debian package
	driver     string
	programs   []string                             // that must be there
	socket     string                               // in the server's folder
	prepare    func(folder string) []string         // the command that makes its data
	run        func(folder string) []string         // the command that runs it
	admin      func(folder string) string           // the address, to database/sql, of one who may make databases
	address    func(folder, database string) string // the address, to oslo/db
	create     string                               // a database
	drop       string
}

// Server is a database server of the test's own, with everything in a folder and no port.
type Server struct {
	kind   *kind
	folder string
	stop   func()
}

// place is where servers keep their data: in memory where there is room, as nobody needs it afterwards. MariaDB makes tables there
// in a tenth of the time that a disk takes to confirm each.
func place() string {
	const memory, room, tmpfs = "/dev/shm", 2 << 30, 0x01021994
	var s syscall.Statfs_t
	if err := syscall.Statfs(memory, &s); err != nil || s.Type != tmpfs || s.Bavail*uint64(s.Bsize) < room {
		return os.TempDir()
	}
	return memory
}

// NewServer starts a server that no other test uses. It ends with the test.
func (e Engine) NewServer(t testing.TB) *Server {
	t.Helper()
	if e.kind == nil {
		t.Skip("sqlite has no server")
	}
	e.kind.needed(t)
	folder, err := os.MkdirTemp(place(), "cumulet-"+e.Name+"-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(folder); err != nil {
			t.Error(err)
		}
	})
	s := &Server{kind: e.kind, folder: folder}
	if err := s.make(); err != nil {
		t.Fatal(err)
	}
	s.Start(t)
	t.Cleanup(func() { s.Stop(t) })
	return s
}

// URL is the address of an empty database on the server.
func (s *Server) URL(t testing.TB) string {
	t.Helper()
	return s.database(t)
}

// Start starts the server and returns once it answers.
func (s *Server) Start(t testing.TB) {
	t.Helper()
	// The server ends with the pipe, also when this process is killed.
	guard := exec.Command("bash", append([]string{"-c", `"$@" >> "$0/log" 2>&1 < /dev/null & cat; kill -QUIT $!; wait $!`, s.folder},
		s.kind.run(s.folder)...)...)
	s.stop = servicetest.Guard(t, guard)
	if err := s.answers(); err != nil {
		t.Fatal(err)
	}
}

// Stop ends the server at once, without waiting for anybody's transaction.
func (s *Server) Stop(t testing.TB) {
	t.Helper()
	if s.stop != nil {
		s.stop()
	}
}

// needed skips the test on a machine without the server's programs.
func (k *kind) needed(t testing.TB) {
	t.Helper()
	for _, p := range k.programs {
		if _, err := exec.LookPath(p); err != nil {
			t.Skipf("no %s on this machine: install Debian's package %s", filepath.Base(p), k.pack)
		}
	}
}

// make makes the server's data.
func (s *Server) make() error {
	if err := os.Chmod(s.folder, 0o755); err != nil { // the server may run as another user
		return err
	}
	command := s.kind.prepare(s.folder)
	if out, err := exec.Command(command[0], command[1:]...).CombinedOutput(); err != nil {
		return fmt.Errorf("make data of %s: %w: %s", s.kind.name, err, out)
	}
	return nil
}

// answers waits until the server does.
func (s *Server) answers() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	admin, err := sql.Open(s.kind.driver, s.kind.admin(s.folder))
	if err != nil {
		return err
	}
	defer admin.Close()
	for tick := time.NewTicker(20 * time.Millisecond); ; {
		if err = admin.PingContext(ctx); err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			log, _ := os.ReadFile(filepath.Join(s.folder, "log"))
			return fmt.Errorf("%s does not answer: %w: %s", s.kind.name, err, log)
		case <-tick.C:
		}
	}
}

// database makes an empty database and gives its address.
func (s *Server) database(t testing.TB) string {
	t.Helper()
	admin, err := sql.Open(s.kind.driver, s.kind.admin(s.folder))
	if err != nil {
		t.Fatal(err)
	}
	admin.SetMaxIdleConns(0)
	name := "test_" + strings.ReplaceAll(uuid.NewString(), "-", "")
	if _, err := admin.ExecContext(t.Context(), fmt.Sprintf(s.kind.create, name)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		defer admin.Close()
		if _, err := admin.Exec(fmt.Sprintf(s.kind.drop, name)); err != nil {
			t.Error(err)
		}
	})
	return s.kind.address(s.folder, name)
}

// joined are the shared servers that this process uses, by name, each as a func() (*Server, error) that joins it once. That
// it is global is its sense: a process joins and, by ending, leaves.
var joined sync.Map

// shared gives the server that all tests on the machine share, started by the first of them. A guard of its own ends it
// once no test process has been there for a while: starting one costs more than many tests do.
func (k *kind) shared(t testing.TB) *Server {
	t.Helper()
	k.needed(t)
	join, _ := joined.LoadOrStore(k.name, sync.OnceValues(func() (*Server, error) {
		return k.join(filepath.Join(place(), "cumulet-dbtest-"+strconv.Itoa(os.Getuid())))
	}))
	s, err := join.(func() (*Server, error))()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// join makes this process one of the users of the shared server, by a lock that it keeps as long as it lives.
func (k *kind) join(root string) (*Server, error) {
	if err := os.MkdirAll(root, 0o755); err != nil {
		return nil, err
	}
	starting, err := lock(filepath.Join(root, k.name+".starting"), syscall.LOCK_EX)
	if err != nil {
		return nil, err
	}
	defer syscall.Close(starting)
	users := filepath.Join(root, k.name+".users")
	if _, err := lock(users, syscall.LOCK_SH); err != nil { // and never closed
		return nil, err
	}
	current := filepath.Join(root, k.name+".folder")
	if folder, err := os.ReadFile(current); err == nil {
		s := &Server{kind: k, folder: string(folder)}
		if conn, err := net.Dial("unix", filepath.Join(s.folder, k.socket)); err == nil {
			return s, conn.Close()
		}
	}
	folder, err := os.MkdirTemp(root, k.name+"-")
	if err != nil {
		return nil, err
	}
	s := &Server{kind: k, folder: folder}
	if err := s.make(); err != nil {
		return nil, err
	}
	if err := s.guarded(users); err != nil {
		return nil, err
	}
	return s, os.WriteFile(current, []byte(folder), 0o600)
}

// guarded starts the server under a guard that ends and removes it once nobody has held the users' lock for 20 seconds.
func (s *Server) guarded(users string) error {
	const script = `"${@:2}" > "$0/log" 2>&1 < /dev/null & server=$!
exec 9>> "$1"
until flock -x 9; flock -u 9; sleep 20; flock -n -x 9; do :; done
kill -QUIT $server; wait $server; rm -rf "$0"`
	guard := exec.Command("bash", append([]string{"-c", script, s.folder, users}, s.kind.run(s.folder)...)...)
	guard.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	guard.Dir = "/"
	if err := guard.Start(); err != nil {
		return err
	}
	if err := guard.Process.Release(); err != nil {
		return err
	}
	return s.answers()
}
