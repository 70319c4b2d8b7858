// Package swifttest starts Debian's swift for tests: one of each of its servers and memcached, on loopback and with its
// data in a temporary folder. It speaks swift's own API and, by its middleware s3api, that of S3.
package swifttest

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"cumulet/oslo/service/servicetest"
)

// Account, User and Key are whom the server knows. S3's access key is Account and User with a colon between, its secret Key.
const (
	Account = "images"
	User    = "glance"
	Key     = "test-only"
)

// Server is a swift.
type Server struct {
	// URL is where the proxy listens: http://127.0.0.1:8080.
	URL string

	folder string
	ports  ports
}

// ports are where the parts listen.
type ports struct{ Proxy, Account, Container, Object, Memcached int }

// servers are the ports of the parts that keep something, each by the ring that leads there.
func (p ports) servers() map[string]int {
	return map[string]int{"account": p.Account, "container": p.Container, "object": p.Object}
}

// patience bounds how long the server may take to start.
const patience = 2 * time.Minute

// Start starts a swift that ends with the test, or skips the test where there is none.
func Start(t testing.TB) *Server {
	t.Helper()
	for program, pack := range map[string]string{
		"swift-proxy-server": "swift-proxy", "swift-account-server": "swift-account", "swift-container-server": "swift-container",
		"swift-object-server": "swift-object", "memcached": "memcached",
	} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("no %s on this machine: install Debian's package %s", program, pack)
		}
	}
	s := &Server{folder: t.TempDir()}
	if err := s.make(); err != nil {
		t.Fatal(err)
	}
	s.run(t)
	if err := s.answers(t.Context()); err != nil {
		logs, _ := os.ReadFile(filepath.Join(s.folder, "log"))
		t.Fatalf("%v\n%s", err, logs)
	}
	return s
}

// make writes the configuration and the rings.
func (s *Server) make() error {
	var err error
	for _, port := range []*int{&s.ports.Proxy, &s.ports.Account, &s.ports.Container, &s.ports.Object, &s.ports.Memcached} {
		if *port, err = free(); err != nil {
			return err
		}
	}
	s.URL = fmt.Sprintf("http://127.0.0.1:%d", s.ports.Proxy)
	if err := os.MkdirAll(filepath.Join(s.folder, "devices", "d1"), 0o755); err != nil {
		return err
	}
	who, err := user.Current()
	if err != nil {
		return err
	}
	for name, text := range s.files(who.Username) {
		if err := os.WriteFile(filepath.Join(s.folder, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	for name, port := range s.ports.servers() {
		if err := ring(filepath.Join(s.folder, name+".ring.gz"), port); err != nil {
			return err
		}
	}
	return nil
}

// files are the configuration, by file name.
func (s *Server) files(runAs string) map[string]string {
	common := func(port int) string {
		return fmt.Sprintf("[DEFAULT]\nbind_ip = 127.0.0.1\nbind_port = %d\nworkers = 0\nuser = %s\nswift_dir = %s\ndevices = %s\n"+
			"mount_check = false\ndisable_fallocate = true\nfallocate_reserve = 0\nlog_level = WARNING\n",
			port, runAs, s.folder, filepath.Join(s.folder, "devices"))
	}
	all := map[string]string{
		"swift.conf": "[swift-hash]\nswift_hash_path_suffix = test-only\n[storage-policy:0]\nname = one\ndefault = yes\n",
		"proxy.conf": common(s.ports.Proxy) + fmt.Sprintf(`[pipeline:main]
pipeline = catch_errors gatekeeper healthcheck cache listing_formats bulk s3api tempauth slo dlo proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
[filter:tempauth]
use = egg:swift#tempauth
user_%s_%s = %s .admin
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:%d
[filter:s3api]
use = egg:swift#s3api
s3_acl = false
`, Account, User, Key, s.ports.Memcached),
	}
	for _, name := range []string{"catch_errors", "gatekeeper", "healthcheck", "listing_formats", "bulk", "slo", "dlo"} {
		all["proxy.conf"] += fmt.Sprintf("[filter:%s]\nuse = egg:swift#%s\n", name, name)
	}
	for name, port := range s.ports.servers() {
		all[name+".conf"] = common(port) + fmt.Sprintf("[pipeline:main]\npipeline = %s-server\n[app:%s-server]\nuse = egg:swift#%s\n", name, name, name)
	}
	return all
}

// run starts the parts. They end with a pipe, also when this process is killed.
func (s *Server) run(t testing.TB) {
	t.Helper()
	const script = `cd "$0"
for part in account container object proxy; do
	"swift-$part-server" "$0/$part.conf" -v < /dev/null >> "$0/log" 2>&1 &
done
memcached -l 127.0.0.1 -p "$1" -U 0 -m 16 -u "$2" < /dev/null >> "$0/log" 2>&1 &
cat
kill $(jobs -p)
wait`
	who, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	guard := exec.Command("bash", "-c", script, s.folder, strconv.Itoa(s.ports.Memcached), who.Username)
	t.Cleanup(servicetest.Guard(t, guard))
}

// answers waits until an account can be asked for, which all parts take part in.
func (s *Server) answers(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		err := s.ask(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("swift does not start: %w", err)
		case <-tick.C:
		}
	}
}

// ask signs in and makes a container, to see that all parts are there.
func (s *Server) ask(ctx context.Context) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"/auth/v1.0", nil)
	if err != nil {
		return err
	}
	r.Header.Set("X-Auth-User", Account+":"+User)
	r.Header.Set("X-Auth-Key", Key)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	answer.Body.Close()
	for _, path := range []string{"/started", "/started/object"} {
		r, err = http.NewRequestWithContext(ctx, http.MethodPut, answer.Header.Get("X-Storage-Url")+path, nil)
		if err != nil {
			return err
		}
		r.Header.Set("X-Auth-Token", answer.Header.Get("X-Auth-Token"))
		put, err := http.DefaultClient.Do(r)
		if err != nil {
			return err
		}
		put.Body.Close()
		if put.StatusCode/100 != 2 {
			return fmt.Errorf("PUT %s: %s", path, put.Status)
		}
	}
	return nil
}

// free is a port that nobody listens on.
func free() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
