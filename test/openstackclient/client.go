package openstackclient

import (
	"bufio"
	_ "embed"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"cumulet/oslo/service/servicetest"
)

//go:embed server.py
var server string

// socketVariable says to the command "openstack" where the server is.
const socketVariable = "CUMULET_TEST_OPENSTACKCLIENT"

// Start starts a server for a test and gives the variable that a command's environment needs to find it.
func Start(t *testing.T) string {
	t.Helper()
	folder, err := os.MkdirTemp("", "openstack") // t.TempDir may be too long a path for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	socket := filepath.Join(folder, "socket")
	c := exec.Command("/usr/bin/python3", "-c", server, socket) // as /usr/bin/openstack is run
	c.Stderr = os.Stderr
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(servicetest.Guard(t, c))
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatalf("OpenStack's client cannot be imported: %q, %v", line, err)
	}
	return socketVariable + "=" + socket
}

type request struct {
	Program     string            `json:"program"`
	Args        []string          `json:"args"`
	Directory   string            `json:"directory"`
	Environment map[string]string `json:"environment"`
}

// Main is the command "openstack", or that of another client that the server knows ("glance"): it has the server run what it was
// called with. Its result is the exit status.
func Main(program string) int {
	status, err := run(program)
	if err != nil {
		fmt.Fprintln(os.Stderr, program+":", err)
		return 1
	}
	return status
}

func run(program string) (int, error) {
	conn, err := net.DialUnix("unixpacket", nil, &net.UnixAddr{Name: os.Getenv(socketVariable), Net: "unixpacket"})
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	directory, err := os.Getwd()
	if err != nil {
		return 0, err
	}
	asked := request{Program: program, Args: os.Args[1:], Directory: directory, Environment: map[string]string{}}
	for _, line := range os.Environ() {
		name, value, _ := strings.Cut(line, "=")
		asked.Environment[name] = value
	}
	packet, err := json.Marshal(asked)
	if err != nil {
		return 0, err
	}
	if _, _, err := conn.WriteMsgUnix(packet, syscall.UnixRights(0, 1, 2), nil); err != nil {
		return 0, err
	}
	status := make([]byte, 1)
	if n, err := conn.Read(status); err != nil || n != 1 {
		return 0, fmt.Errorf("the command died: %w", err)
	}
	return int(status[0]), nil
}
