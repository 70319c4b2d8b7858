package upstreamtest

import (
	_ "embed"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"cumulet/oslo/service/servicetest"
)

//go:embed server.py
var program string

// Password is the admin's, of the project admin in the domain Default.
const Password = "upstream's admin"

// patience bounds a start, on a machine that has other things to do.
const patience = 2 * time.Minute

const manage = "/usr/bin/keystone-manage"

// Start starts a keystone that is stopped when the test ends, and gives its address, without a version; it skips the test where
// none is installed.
func Start(t testing.TB) (url string) {
	t.Helper()
	if _, err := os.Stat(manage); err != nil {
		t.Skip("OpenStack's keystone is not installed: Debian has it as python3-keystone")
	}
	if os.Getuid() != 0 {
		t.Skip("keystone-manage gives its keys to root only when root runs it")
	}
	dir, port := t.TempDir(), servicetest.Port(t)
	url = fmt.Sprintf("http://127.0.0.1:%d", port)
	config := filepath.Join(dir, "keystone.conf")
	text := fmt.Sprintf(`[DEFAULT]
log_file = %[1]s/log
[database]
connection = sqlite:///%[1]s/database
[fernet_tokens]
key_repository = %[1]s/fernet
[credential]
key_repository = %[1]s/credential
[identity]
password_hash_rounds = 4
[cache]
enabled = false
`, dir)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, folder := range []string{"fernet", "credential"} {
		if err := os.Mkdir(filepath.Join(dir, folder), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, deed := range [][]string{
		{"db_sync"}, {"fernet_setup", "--keystone-user", "root", "--keystone-group", "root"},
		{"credential_setup", "--keystone-user", "root", "--keystone-group", "root"},
		{"bootstrap", "--bootstrap-password", Password, "--bootstrap-public-url", url + "/v3", "--bootstrap-region-id", "RegionOne"},
	} {
		if out, err := exec.Command(manage, append([]string{"--config-file", config}, deed...)...).CombinedOutput(); err != nil {
			t.Fatalf("keystone-manage %s: %v\n%s", deed[0], err, out)
		}
	}
	// Else a reader who has not left keeps the next one from writing.
	const together = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('PRAGMA journal_mode=WAL')"
	if out, err := exec.Command("/usr/bin/python3", "-c", together, filepath.Join(dir, "database")).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	log, err := os.Create(filepath.Join(dir, "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	server := exec.Command("/usr/bin/python3", "-c", program, strconv.Itoa(port))
	server.Env = append(os.Environ(), "OS_KEYSTONE_CONFIG_DIR="+dir, "OS_KEYSTONE_CONFIG_FILES="+config)
	server.Stdout, server.Stderr = log, log
	server.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait() // killed
		if said, err := os.ReadFile(log.Name()); t.Failed() && err == nil {
			t.Logf("OpenStack's keystone said:\n%s", said)
		}
	})
	for end := time.Now().Add(patience); ; {
		answer, err := http.Get(url + "/v3") //nolint:noctx // of a test, on the loopback
		if err == nil {
			answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return url
			}
		}
		if time.Now().After(end) {
			said, _ := os.ReadFile(log.Name())
			t.Fatalf("OpenStack's keystone does not come up: %v\n%s", err, said)
		}
		time.Sleep(100 * time.Millisecond)
	}
}
